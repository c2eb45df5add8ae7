using System.Runtime.InteropServices;
using System.Text.Json;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Tests.Cpu;
using Xunit;

namespace Cambium.Runtime.Tests.Kernels;

/// <summary>Recorded softmax attention over random trees.</summary>
public abstract class RecordedAttentionSuite<TBackend>
    where TBackend : IKernelBackend<TBackend>
{
    public static TheoryData<int, string> Cases
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (var i = 0; i < 3; i++)
            {
                foreach (var variant in TBackend.Variants)
                    data.Add(i, variant);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attention_equals_the_recorded_results(int index, string variant)
    {
        var backend = TBackend.Open(variant);
        var folder = Fixtures.InRepository("attention-tree");
        var @case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cases.json"))).RootElement[index];
        var heads = @case.GetProperty("query_heads").GetInt32();
        var kvHeads = @case.GetProperty("kv_heads").GetInt32();
        var size = @case.GetProperty("head_dim").GetInt32();
        var tensors = Read(Path.Combine(folder, @case.GetProperty("file").GetString()!));
        var k = MemoryMarshal.Cast<byte, float>(tensors["k"]).ToArray();
        var v = MemoryMarshal.Cast<byte, float>(tensors["v"]).ToArray();
        var q = MemoryMarshal.Cast<byte, float>(tensors["q"]).ToArray();
        var expected = MemoryMarshal.Cast<byte, double>(tensors["out"]).ToArray();

        var tree = new AttentionTree(new CacheSite(1, kvHeads, size, size), heads);
        var parents = @case.GetProperty("parent").EnumerateArray().Select(static e => e.GetInt32()).ToArray();
        var lengths = @case.GetProperty("length").EnumerateArray().Select(static e => e.GetInt32()).ToArray();
        var at = 0;
        for (var s = 0; s < parents.Length; s++)
        {
            var end = at + (lengths[s] * kvHeads * size);
            tree.AddSegment(parents[s], k[at..end], v[at..end]);
            at = end;
        }

        var row = 0;
        foreach (var leaf in @case.GetProperty("leaf").EnumerateArray())
        {
            tree.AddRow(leaf.GetInt32(), q[(row * heads * size)..((row + 1) * heads * size)]);
            row++;
        }

        TensorAssert.Close(expected, backend.Attend(tree, 64, 2, static r => r / 4), Tolerance.Of(1e-5));
        TensorAssert.Close(expected, backend.Attend(tree, 32, 1, static r => r), Tolerance.Of(1e-5));
    }

    private static Dictionary<string, byte[]> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var length = (int)BitConverter.ToInt64(bytes);
        var header = JsonDocument.Parse(bytes.AsMemory(8, length)).RootElement;
        return header.EnumerateObject().Where(static p => p.Name != "__metadata__").ToDictionary(static p => p.Name, p =>
        {
            var offsets = p.Value.GetProperty("data_offsets");
            return bytes[(8 + length + offsets[0].GetInt32())..(8 + length + offsets[1].GetInt32())];
        });
    }
}
