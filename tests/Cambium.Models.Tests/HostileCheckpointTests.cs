using System.Text;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Models.Tests.Gguf;
using Cambium.Runtime;
using Cambium.Text;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>
/// A checkpoint with random changes in its files is loaded, or refused with a message that names one of its files. Nothing else happens, and no large
/// allocation fails.
/// </summary>
public sealed class HostileCheckpointTests : IDisposable
{
    private static readonly string[] Words = ["llama3", "yarn", "linear", "gelu", "", "\u0000", "LlamaForCausalLM", "../../etc/passwd",
        "model.safetensors"];

    private readonly TemporaryFolder _folder = new();

    private static int Cases => int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_FUZZ"), out var more) ? more : 150;

    [Theory]
    [InlineData("llama-bf16-sharded", "config.json")]
    [InlineData("llama-bf16-sharded", "model.safetensors.index.json")]
    [InlineData("llama-linear-rope", "config.json")]
    [InlineData("qwen3", "config.json")]
    [InlineData("gpt2", "config.json")]
    public void A_changed_JSON_file_loads_or_is_refused(string fixture, string name)
    {
        var folder = Copy(fixture);
        var right = File.ReadAllText(Path.Combine(folder, name));
        Gen.Int[0, int.MaxValue].Array[1, 4].Sample(
            changes =>
            {
                var root = JsonNode.Parse(right)!;
                foreach (var change in changes)
                    Change(root, new Random(change));
                File.WriteAllText(Path.Combine(folder, name), root.ToJsonString());
                LoadOrRefuse(folder);
            },
            iter: Cases, threads: 1);
    }

    [Theory]
    [InlineData("llama-linear-rope", "model.safetensors")]
    [InlineData("llama-linear-rope", "config.json")]
    public void A_changed_file_loads_or_is_refused(string fixture, string name)
    {
        var folder = Copy(fixture);
        ChangeBytes(Path.Combine(folder, name), 3000, () => LoadOrRefuse(folder));
    }

    [Fact]
    public void A_changed_GGUF_file_loads_or_is_refused()
    {
        var path = GgufOfFolder.Write(Fixtures.InRepository("llama-linear-rope"), _folder.At("model.gguf"), static (_, _) => 0);
        ChangeBytes(path, 3000, () => LoadOrRefuse(path));
    }

    public void Dispose() => _folder.Dispose();

    private string Copy(string fixture) => _folder.Copy(Fixtures.InRepository(fixture));

    private static void ChangeBytes(string path, int header, Action load)
    {
        var right = File.ReadAllBytes(path);
        var values = Gen.OneOf(Gen.Byte.Select(static b => (byte[])[b]), Gen.ULong.Select(BitConverter.GetBytes),
            Gen.Const(Encoding.ASCII.GetBytes("99999")));
        Gen.Select(Gen.Int[0, Math.Min(header, right.Length) - 1], values).Array[1, 3].Sample(
            changes =>
            {
                var bytes = right.ToArray();
                foreach (var (at, value) in changes)
                    value.AsSpan(0, Math.Min(value.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                File.WriteAllBytes(path, bytes);
                load();
            },
            iter: Cases, threads: 1);
    }

    private void LoadOrRefuse(string checkpoint)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var model = Zoo.Load(checkpoint);
            _ = model.Checkpoint.Tokenizer;
        }
        catch (CheckpointException error)
        {
            Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        }
        catch (InsufficientMemoryException error)
        {
            Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    // At a random place of the JSON tree, a field is removed, gets a value of another kind or an extreme one, or is nested deeply.
    private static void Change(JsonNode root, Random random)
    {
        var node = root;
        while (true)
        {
            var fields = node is JsonObject o ? o.Select(static field => field.Key).ToList() : [];
            if (fields.Count == 0)
                return;
            var field = fields[random.Next(fields.Count)];
            if (node[field] is JsonObject { Count: > 0 } inner && random.Next(4) > 0)
            {
                node = inner;
                continue;
            }

            if (random.Next(6) == 0)
                node.AsObject().Remove(field);
            else
                node[field] = Value(random);
            return;
        }
    }

    private static JsonNode? Value(Random random) => random.Next(9) switch
    {
        0 => null,
        1 => random.Next(-2, 70),
        2 => random.Next(3) switch { 0 => int.MaxValue, 1 => long.MaxValue, _ => -1 },
        3 => random.Next(4) switch { 0 => 1e300, 1 => -0.5, 2 => 1e-300, _ => 0.25 },
        4 => random.Next(2) == 0,
        5 => Words[random.Next(Words.Length)],
        6 => new JsonArray(Value(random), Value(random)),
        7 => new JsonObject { ["rope_type"] = Words[random.Next(Words.Length)], ["factor"] = Value(random), ["factors"] = new JsonArray(1, 2) },
        _ => JsonNode.Parse(new string('[', 60) + new string(']', 60)),
    };
}
