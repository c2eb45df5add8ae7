using System.Text;
using Cambium.Checkpoints;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Checkpoints;

public sealed class GgufFileTests : IDisposable
{
    private static readonly float[] Ramp = [.. Enumerable.Range(0, 96).Select(static i => (i - 40) / 8f)];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2u, 32)]
    [InlineData(3u, 8)]
    public unsafe void Written_tensors_are_read_back(uint version, int alignment)
    {
        var path = Right(version, alignment).Save(Path.Combine(_folder.Path, "all.gguf"));
        using var file = GgufFile.Open(path);
        Assert.True(GgufFile.IsOne(path));
        Assert.Equal([3L, 32L], file.Tensors[0].Shape);
        Assert.Equal((ElementType.F32, 96), (file.Tensors[0].Type, file.Tensors[0].Elements));
        Assert.All(file.Tensors, tensor => Assert.Equal(0, tensor.Offset % alignment));
        var values = new float[96];
        foreach (var (tensor, tolerance) in file.Tensors.Zip([0, 0.005, 0.04, 0.04, 0.6]))
        {
            fixed (float* destination = values)
                FloatConversion.Widen(tensor.Type, file.Pointer(tensor), destination, 96);
            Assert.All(values.Zip(Ramp), pair => Assert.InRange(pair.First - pair.Second, -tolerance, tolerance));
        }

        Assert.Equal(
            (-3, 7, 1.5, true, "näme"),
            (file.Metadata.Int("i"), file.Metadata.Int("same"), file.Metadata.Double("d"), file.Metadata.Bool("b", false), file.Metadata.Text("s")));
        Assert.Equal(["a", "", "ü"], file.Metadata.Texts("texts")!);
        Assert.Equal([0.5, -1], file.Metadata.Doubles("numbers")!);
        Assert.Null(file.Metadata.Texts("none"));
    }

    [Theory]
    [InlineData(1u, "version: is 1")]
    [InlineData(0x03000000u, "big-endian")]
    public void Another_version_is_refused(uint version, string part) => Refused(Right(version).Build(), part);

    [Fact]
    public void Format_errors_name_the_part()
    {
        Refused([], "0 bytes");
        Refused("GGML, or something else that is long enough"u8.ToArray(), "begins with 'GGUF'");
        Refused(Right().Add("a", [3, 32], 0, Ramp).Build(), "'a'", "appears 2 times");
        Refused(Right().Set("i", 4).Build(), "'i'", "appears 2 times");
        Refused(Right().AddRaw("q", [256], 15, new byte[292]).Build(), "'q'", "Q8_K", "expected F32, F16, BF16, Q8_0, Q4_0, ", " IQ3_XXS or IQ3_S");
        Refused(Right().AddRaw("q", [32], 99, new byte[144]).Build(), "'q'", "type 99");
        Refused(Right().AddRaw("q", [3, 16], 8, new byte[60]).Build(), "'q'", "16 elements", "blocks of 32");
        Refused(Right().AddRaw("q", [3, 288], 14, new byte[840]).Build(), "'q'", "288 elements", "blocks of 256 for Q6_K");
        Refused(Right().AddRaw("q", [1, 1, 1, 1, 1], 0, new byte[4]).Build(), "'q'", "5 extents");
        Refused(Right().AddRaw("q", [0], 0, []).Build(), "'q'", "extent 0");
        Refused(Right().AddRaw("q", [1L << 40, 1L << 40], 0, []).Build(), "'q'", "product is a size");
        Refused(Right().AddRaw("q", [64], 0, new byte[4]).Build(), "'q'", "256 bytes", "not completely downloaded");
        Refused(Right().Set("general.alignment", 24).Build(), "general.alignment", "is 24");
        Refused(Right().SetRaw("bad", [13, 0, 0, 0]).Build(), "'bad'", "type 13");
        Refused(Right().SetRaw("long", [8, 0, 0, 0, .. BitConverter.GetBytes(1UL << 60)]).Build(), "'long'", "bytes");
        Refused(Right().SetRaw("many", [9, 0, 0, 0, 10, 0, 0, 0, .. BitConverter.GetBytes(1UL << 60)]).Build(), "'many'", "count");
        Refused(
            Right()
                .SetRaw("deep",
                    [9, 0, 0, 0, .. Enumerable.Repeat((byte[])[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], 50).SelectMany(static level => level), 0, 0, 0,
                        0]).Build(), "'deep'", "nested");
        Refused(Right().SetRaw("s2", [8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0x28]).Build(), file => file.Metadata.Text("s2"), "'s2'", "UTF-8");
        Refused(Right().Build(), static file => file.Metadata.Int("s"), "'s'", "String", "a whole number");
        Refused(Right().Build(), static file => file.Metadata.Int("texts"), "'texts'", "whole number");
        Refused(Right().Build(), static file => file.Metadata.Texts("numbers"), "'numbers'", "a list of strings");
        Refused(Right().Build(), static file => file.Metadata.Int("none"), "'none'", "absent");
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var bytes = Right().Build();
        for (var length = 0; length < bytes.Length; length += length < 600 ? 1 : 37)
            Refused(bytes[..length]);
    }

    [Fact]
    public void A_changed_file_is_read_or_refused_without_large_allocations()
    {
        var right = Right().Build();
        var path = Path.Combine(_folder.Path, "changed.gguf");
        Gen.Select(Gen.Int[0, 700],
            Gen.OneOf(Gen.Byte.Select(static b => (byte[])[b]), Gen.ULong.Select(BitConverter.GetBytes), Gen.UInt.Select(BitConverter.GetBytes),
                Gen.Const(BitConverter.GetBytes(ulong.MaxValue)), Gen.Const(BitConverter.GetBytes(1L << 40)))).Array[1, 4].Sample(
            changes =>
            {
                var bytes = right.ToArray();
                foreach (var (at, value) in changes)
                    value.AsSpan(0, Math.Min(value.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                File.WriteAllBytes(path, bytes);
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    using var file = GgufFile.Open(path);
                    foreach (var key in file.Metadata.Keys)
                        ReadAnyhow(file.Metadata, key);
                }
                catch (CheckpointException error)
                {
                    Assert.Contains(path, error.Message, StringComparison.Ordinal);
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000);
            },
            iter: int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_FUZZ"), out var more) ? more : 1000, threads: 1);
    }

    private static void ReadAnyhow(GgufMetadata metadata, string key)
    {
        foreach (var read in (Action[])[() => metadata.Int(key), () => metadata.Double(key), () => metadata.Text(key), () => metadata.Texts(key),
            () => metadata.Integers(key), () => metadata.Doubles(key)])
        {
            try
            {
                read();
            }
            catch (CheckpointException)
            {
            }
        }
    }

    private static GgufBuilder Right(uint version = 3, int alignment = 32)
    {
        var file = new GgufBuilder { Version = version, Alignment = alignment };
        if (alignment != 32)
            file.Set("general.alignment", (uint)alignment);
        file.Set("i", -3).Set("d", 1.5).Set("b", true).Set("s", "näme").Set("texts", (string[])["a", "", "ü"]).Set("numbers", (float[])[0.5f, -1])
            .Set("same", (uint[])[7, 7, 7]).Set("u", ulong.MaxValue);
        foreach (var (name, type) in ((string, uint)[])[("a", 0), ("b", 1), ("c", 30), ("e", 8), ("f", 2)])
            file.Add(name, [3, 32], type, Ramp);
        return file;
    }

    private void Refused(byte[] bytes, params string[] parts) => Refused(bytes, static _ => { }, parts);

    private void Refused(byte[] bytes, Action<GgufFile> read, params string[] parts)
    {
        var path = _folder.Write("refused.gguf", bytes);
        var error = Assert.Throws<CheckpointException>(() =>
        {
            using var file = GgufFile.Open(path);
            read(file);
        });
        Assert.All([path, .. parts], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
