using Cambium.Checkpoints;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;
using static Cambium.TestKit.SafetensorsBuilder;

namespace Cambium.Runtime.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Written_tensors_are_read_back()
    {
        float[] floats = [1.5f, -0f, float.NaN, float.PositiveInfinity, 1e-45f, 3];
        string path = Path.Combine(_folder.Path, "all.safetensors");
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };
        writer.Add("f", [2, 3], floats).Add("i", [3], new long[] { 1, -2, long.MaxValue }).Add("s", [], [7])
            .Add("none", [0, 4], Array.Empty<float>()).Save(path);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(floats.Select(BitConverter.SingleToInt32Bits), file.ReadFloats("f").Select(BitConverter.SingleToInt32Bits));
        Assert.Equal([1, -2, long.MaxValue], file.ReadIntegers("i"));
        Assert.Equal([7], file.ReadIntegers("s"));
        Assert.Empty(file.ReadFloats("none"));
        Assert.Equal([2L, 3L], file.Require("f").Shape);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.All(file.Tensors, static tensor => Assert.Equal(0, tensor.Offset % 4));
    }

    [Fact]
    public void Doubles_and_narrow_integers_are_read_for_tools()
    {
        string path = _folder.Write("d.safetensors", Whole($"{{{Entry("d", "F64", "[1]", 0, 8)}, {Entry("u", "U8", "[2]", 8, 10)}}}", 10));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(BitConverter.ToDouble([0, 1, 2, 3, 4, 5, 6, 7]), Assert.Single(file.ReadDoubles("d")));
        Assert.Equal([8L, 9L], file.ReadIntegers("u"));
    }

    [Fact]
    public void A_file_without_room_for_the_length_is_refused() => Refused([1, 2, 3], "3 bytes", "at least 8");

    [Fact]
    public void A_truncated_header_is_refused() => Refused(Whole("{}", 0, length: 50), "50 bytes", "only 2 bytes");

    [Theory]
    [InlineData(100_000_001)]
    [InlineData(ulong.MaxValue)]
    public void A_huge_header_is_refused_before_allocation(ulong length) =>
        Refused(Whole("{}", 0, length), $"{length} bytes", "at most 100000000");

    [Theory]
    [InlineData("")]
    [InlineData("{ \"a\": ")]
    [InlineData("{ \"\\ud800\": {} }")]
    [InlineData("nonsense")]
    public void A_header_that_is_not_JSON_is_refused(string header) => Refused(Whole(header, 0), "header", "not valid JSON");

    [Fact]
    public void A_deeply_nested_header_is_refused() => Refused(Whole(new string('[', 100_000), 0), "header", "not valid JSON");

    [Fact]
    public void A_header_that_is_not_an_object_is_refused() => Refused(Whole("[1]", 0), "Array", "an object");

    [Fact]
    public void Truncated_data_are_refused() => Refused(Whole($"{{{Entry("w", "F32", "[2, 2]", 0, 16)}}}", 15), "'w'", "[0, 16]", "15 bytes");

    [Fact]
    public void Bytes_after_the_last_tensor_are_refused() => Refused(Whole($"{{{Entry("w", "F32", "[1]", 0, 4)}}}", 9), "9 bytes", "expected 4");

    [Fact]
    public void Overlapping_tensors_are_refused() =>
        Refused(Whole($"{{{Entry("a", "F32", "[2]", 0, 8)}, {Entry("b", "F32", "[1]", 4, 8)}}}", 8), "'b'", "'a'", "byte 4", "ends at 8");

    [Fact]
    public void A_hole_between_tensors_is_refused() =>
        Refused(Whole($"{{{Entry("a", "F32", "[1]", 0, 4)}, {Entry("b", "F32", "[1]", 8, 12)}}}", 12), "'b'", "byte 8", "expected 4");

    [Theory]
    [InlineData(-4, 0)]
    [InlineData(4, 0)]
    [InlineData(0, long.MaxValue)]
    [InlineData(long.MinValue, long.MaxValue)]
    public void Offsets_out_of_range_are_refused(long begin, long end) =>
        Refused(Whole($"{{{Entry("w", "F32", "[1]", begin, end)}}}", 4), "'w'", $"[{begin}, {end}]", "4 bytes of data");

    [Theory]
    [InlineData("[3]", 12)]
    [InlineData("[]", 4)]
    [InlineData("[0]", 0)]
    public void Offsets_that_contradict_the_shape_are_refused(string shape, int bytes) =>
        Refused(Whole($"{{{Entry("w", "F32", shape, 0, 8)}}}", 8), "'w'", "8 bytes", $"expected {bytes} ");

    [Fact]
    public void A_name_that_appears_twice_is_refused() =>
        Refused(Whole($"{{{Entry("w", "F32", "[1]", 0, 4)}, {Entry("w", "F32", "[1]", 4, 8)}}}", 8), "'w'", "2 times", "once");

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("9223372036854775808")]
    [InlineData("\"2\"")]
    [InlineData("null")]
    public void An_invalid_extent_is_refused(string extent) =>
        Refused(Whole($"{{{Entry("w", "F32", $"[{extent}]", 0, 4)}}}", 4), "'w'", extent, "whole number");

    [Theory]
    [InlineData("[4611686018427387905, 4]")]
    [InlineData("[9223372036854775807]")]
    [InlineData("[4294967296, 4294967296]")]
    [InlineData("[4294967296, 4294967296, 0]")]
    public void A_shape_whose_size_overflows_is_refused(string shape) =>
        Refused(Whole($"{{{Entry("w", "F32", shape, 0, 0)}}}", 0), "'w'", shape, "0 bytes");

    [Fact]
    public void A_tensor_of_an_unknown_dtype_cannot_be_read()
    {
        using var folder = new TemporaryFolder();
        using var file = SafetensorsFile.Open(folder.Write("w.safetensors", Whole($"{{{Entry("w", "F33", "[1]", 0, 4)}}}", 4)));
        Assert.Equal(("F33", 4), (Assert.Single(file.Tensors).TypeName, file.Tensors[0].Bytes));
        Mentions(Assert.Throws<CheckpointException>(() => file.ReadFloats("w")), "'w'", "F33", "expected");
    }

    [Theory]
    [InlineData("""{ "w": 3 }""")]
    [InlineData("""{ "w": { "dtype": 3, "shape": [1], "data_offsets": [0, 4] } }""")]
    [InlineData("""{ "w": { "dtype": "F32", "shape": 1, "data_offsets": [0, 4] } }""")]
    [InlineData("""{ "w": { "dtype": "F32", "shape": [1], "data_offsets": [0] } }""")]
    [InlineData("""{ "w": { "dtype": "F32", "shape": [1], "data_offsets": [0, "4"] } }""")]
    [InlineData("""{ "w": { "dtype": "F32", "shape": [1] } }""")]
    public void An_incomplete_entry_is_refused(string header) => Refused(Whole(header, 4), "'w'", "expected");

    [Fact]
    public void A_missing_file_is_refused_by_name() =>
        Assert.Contains("nowhere", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open("nowhere")).Message);

    [Fact]
    public void A_missing_tensor_is_refused_with_the_closest_name()
    {
        string path = _folder.Write(
            "w.safetensors", Whole($"{{{Entry("layer.weight", "F32", "[1]", 0, 4)}, {Entry("other", "F32", "[1]", 4, 8)}}}", 8));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Mentions(Assert.Throws<CheckpointException>(() => file.Require("layers.weight")), path, "'layers.weight'", "'layer.weight'");
    }

    [Fact]
    public void Reading_as_another_type_is_refused()
    {
        string path = _folder.Write("w.safetensors", Whole($"{{{Entry("w", "F32", "[1]", 0, 4)}, {Entry("i", "I64", "[1]", 4, 12)}}}", 12));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Mentions(Assert.Throws<CheckpointException>(() => file.ReadIntegers("w")), path, "'w'", "F32", "I64");
        Mentions(Assert.Throws<CheckpointException>(() => file.ReadFloats("i")), path, "'i'", "I64", "BF16");
    }

    [Fact]
    public void A_file_with_changed_bytes_is_read_or_refused()
    {
        byte[] valid = Whole(
            $"{{{Entry("first", "F32", "[2, 3]", 0, 24)}, {Entry("second", "BF16", "[5]", 24, 34)}, \"__metadata__\": {{ \"k\": \"v\" }} }}", 34);
        byte[] telling = "0123456789[]{}\",:-eE. "u8.ToArray();
        int read = 0;
        int refused = 0;
        Gen.Select(Gen.Select(Gen.Int[0, valid.Length - 1], Gen.OneOf(Gen.Byte, Gen.Int[0, telling.Length - 1].Select(i => telling[i]))).Array[1, 4],
            Gen.Int[-40, 8]).Sample((changes, grow) =>
        {
            byte[] bytes = [.. valid];
            foreach ((int at, byte value) in changes)
                bytes[at] = value;
            Array.Resize(ref bytes, valid.Length + Math.Min(grow, 0));
            string path = Path.Combine(_folder.Path, $"{Guid.NewGuid():N}.safetensors");
            File.WriteAllBytes(path, bytes);
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(path);
                foreach (TensorInfo tensor in file.Tensors)
                {
                    if (FloatConversion.Supports(tensor.Type))
                        Assert.Equal(tensor.Elements, file.ReadFloats(tensor.Name).Length);
                }

                Interlocked.Increment(ref read);
            }
            catch (CheckpointException error)
            {
                Assert.Contains(path, error.Message);
                Interlocked.Increment(ref refused);
            }
            finally
            {
                File.Delete(path);
            }
        }, iter: 3000);
        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Fact]
    public void The_writer_refuses_wrong_counts_and_duplicate_names()
    {
        var writer = new SafetensorsWriter().Add("w", [1], new float[1]);
        Assert.Contains("expected 6", Assert.Throws<ArgumentException>(() => writer.Add("v", [2, 3], new float[5])).Message);
        Assert.Contains("'w'", Assert.Throws<ArgumentException>(() => writer.Add("w", [1], new float[1])).Message);
    }

    internal static void Mentions(CheckpointException error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message));

    private void Refused(byte[] bytes, params string[] parts)
    {
        string path = _folder.Write("bad.safetensors", bytes);
        Mentions(Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)), [path, .. parts]);
    }
}
