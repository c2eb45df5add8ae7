using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Fuzz.Mutation;
using Cambium.Runtime;

namespace Cambium.Fuzz.Kinds;

/// <summary>Safetensors files with changed headers and bytes, alone and as the shards of a checkpoint.</summary>
internal sealed class SafetensorsKind : CaseKind
{
    private static readonly string[] Words =
    [
        "F32", "F16", "BF16", "F64", "I64", "I32", "U8", "BOOL", "F8_E4M3", "Q4_0", "dtype", "shape", "data_offsets", "__metadata__",
        "model.safetensors", "../config.json",
        "model-00001-of-00004.safetensors", "weight_map", "lm_head.weight",
    ];

    public override bool IsDocumented(Exception error) => base.IsDocumented(error) || error is RequestRefusedException;

    public override void Run(Random random, string folder)
    {
        var isSharded = random.Next(3) == 0;
        var source = Fixtures.InRepository(isSharded ? "llama-bf16-sharded" : "llama-linear-rope");
        foreach (var file in Directory.EnumerateFiles(source, "*model*").Append(Path.Combine(source, "config.json")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var index = Path.Combine(folder, "model.safetensors.index.json");
        if (isSharded && random.Next(2) == 0)
        {
            File.WriteAllText(index, new JsonMutator(random, Words).Mutate(JsonNode.Parse(File.ReadAllText(index))!));
        }
        else
        {
            var files = Directory.GetFiles(folder, "*.safetensors").Order(StringComparer.Ordinal).ToArray();
            var path = files[random.Next(files.Length)];
            var bytes = File.ReadAllBytes(path);
            File.WriteAllBytes(path, random.Next(2) == 0 ? ChangedHeader(bytes, random) : ByteMutator.Mutate(bytes, random, 3000));
            if (random.Next(3) == 0)
            {
                ReadAlone(path);
                return;
            }
        }

        ModelRun.Run(folder, random);
    }

    private void ReadAlone(string path)
    {
        using var file = SafetensorsFile.Open(path);
        foreach (var tensor in file.Tensors)
        {
            foreach (var read in (Action[])
                [() => file.ReadFloats(tensor.Name), () => file.ReadDoubles(tensor.Name), () => file.ReadIntegers(tensor.Name)])
            {
                try
                {
                    read();
                }
                catch (Exception error) when (IsDocumented(error))
                {
                }
            }
        }
    }

    private static byte[] ChangedHeader(byte[] file, Random random)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var header = new JsonMutator(random, Words).Mutate(JsonNode.Parse(file.AsSpan(8, length))!);
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] changed = [.. BitConverter.GetBytes((long)json.Length), .. json, .. file.AsSpan(8 + length)];
        return random.Next(4) == 0 ? ByteMutator.Mutate(changed, random, 16) : changed;
    }
}
