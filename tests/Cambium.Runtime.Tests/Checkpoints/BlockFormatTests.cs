using System.Text.Json;
using Cambium.Checkpoints;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Runtime.Tests.Checkpoints;

public sealed unsafe class BlockFormatTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. BlockFormats.All.Select(static format => format.Name)];

    [Fact]
    public void Recorded_blocks_widen_to_the_bits_of_ggml()
    {
        foreach (var folder in Fixtures.Recorded("ggml-blocks"))
        {
            using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
            using var @case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
            var read = 0;
            foreach (var type in @case.RootElement.GetProperty("types").EnumerateObject())
            {
                var number = type.Value.GetProperty("number").GetUInt32();
                Assert.Equal(type.Name, GgufTypes.NameOf(number));
                var element = Assert.NotNull(GgufTypes.Find(number));
                var format = element.Blocks()!;
                Assert.Equal(
                    (type.Name, type.Value.GetProperty("block").GetInt32(), type.Value.GetProperty("bytes").GetInt32()),
                    (format.Name, format.Inputs, format.Bytes));
                foreach (var kind in (string[])["made", "random"])
                {
                    if (recorded.Find($"{type.Name}.{kind}.bytes") is not { } blocks)
                        continue;
                    AssertSame(recorded.ReadFloats($"{type.Name}.{kind}.floats"), Widen(element, recorded.Pointer(blocks), blocks.Bytes), type.Name);
                    read++;
                }
            }

            output.WriteLine($"{folder}: {read} recordings.");
            Assert.NotEqual(0, read);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parts_give_the_widened_weights_by_the_formula(string name)
    {
        var format = BlockFormats.All.Single(format => format.Name == name);
        var element = Enum.Parse<ElementType>(name);
        Assert.Same(format, element.Blocks());
        Assert.Equal((name, format.Inputs, format.Bytes), (element.Name(), element.Block(), element.Bytes()));
        Assert.Equal(1 << format.CodeBits, format.Values.Length);
        var random = new Random(format.Bytes);
        var bytes = new byte[200 * format.Bytes];
        random.NextBytes(bytes);
        byte* codes = stackalloc byte[BlockFormat.MaxInputs], subMinimums = stackalloc byte[BlockFormat.MaxSubBlocks];
        var subScales = stackalloc sbyte[BlockFormat.MaxSubBlocks];
        fixed (byte* blocks = bytes)
        {
            var widened = Widen(element, blocks, bytes.Length);
            for (var i = 0; i < widened.Length; i++)
            {
                var (input, sub) = (i % format.Inputs, i % format.Inputs / format.SubInputs);
                format.Decode(blocks + (i / format.Inputs * format.Bytes), codes, subScales, subMinimums, out var scale, out var minimum);
                Assert.InRange(codes[input], 0, (1 << format.CodeBits) - 1);
                if (format.ZeroPoint is { } zero)
                    Assert.Equal(codes[input] - zero, format.Values[codes[input]]);
                Assert.True(format.HasSubScales || subScales[sub] == 1);
                Assert.InRange(format.HasMinimums ? subMinimums[sub] : 0, 0, 63);
                var product = scale * subScales[sub] * format.Values[codes[input]];
                var offset = minimum * subMinimums[sub];
                AssertSame([format.HasMinimums ? product - offset : product], [widened[i]], $"{name} {i}");
            }
        }
    }

    [Fact]
    public void Stored_rows_of_an_interleaved_matrix_are_in_the_order_of_the_class()
    {
        using var folder = new TemporaryFolder();
        var path = new GgufBuilder().AddRaw("w", [8, 64], 8, GgufBlocks.Random(8, 512, new Random(2), 1)).Save(folder.At("rows.gguf"));
        using var file = GgufFile.Open(path);
        var stored = new StoredTensor(file, file.Tensors[0], PairedRows: 4);
        Assert.Equal(68, stored.RowBytes);
        // Two heads of four rows: row 1 of the class is the first half of the second pair.
        Assert.Equal(
            [0L, 2, 1, 3, 4, 6, 5, 7], Enumerable.Range(0, 8).Select(row => (stored.Row(row) - file.Pointer(file.Tensors[0])) / stored.RowBytes));
        for (var row = 0; row < 8; row++)
        {
            var widened = new float[64];
            fixed (float* destination = widened)
                stored.Widen(row * 64, 64, destination);
            AssertSame(widened, Widen(ElementType.Q8_0, stored.Row(row), stored.RowBytes), $"row {row}");
        }
    }

    private static float[] Widen(ElementType type, byte* blocks, long bytes)
    {
        var floats = new float[bytes / type.Bytes() * type.Block()];
        fixed (float* destination = floats)
            FloatConversion.Widen(type, blocks, destination, floats.Length);
        return floats;
    }

    // Bit for bit, but any NaN equals any other.
    private static void AssertSame(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                float.IsNaN(expected[i])
                    ? float.IsNaN(actual[i])
                    : BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]),
                $"{what}: weight {i} is {actual[i]:R}, expected {expected[i]:R}.");
        }
    }
}
