using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Xunit;

namespace Cambium.Runtime.Tests.Checkpoints;

/// <summary>Matrices are read into packed weights by several threads.</summary>
public sealed unsafe class PackedReadingTests : IDisposable
{
    // Several items of 512 KiB, and a last one that is not full.
    private const int Outputs = 1030;
    private const int Inputs = 608;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<WeightStorage, ElementType, bool> Formats()
    {
        var data = new TheoryData<WeightStorage, ElementType, bool>();
        foreach (var storage in Enum.GetValues<WeightStorage>())
        {
            foreach (var type in (ElementType[])[ElementType.F32, ElementType.BF16, ElementType.F16])
            {
                data.Add(storage, type, false);
                data.Add(storage, type, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Packed_weights_do_not_depend_on_threads(WeightStorage storage, ElementType type, bool isTransposed)
    {
        var weights = Save(type, isTransposed);
        var one = Packed(storage, isTransposed, threads: 1);
        var three = Packed(storage, isTransposed, threads: 3);
        Assert.Equal(one, three);
        // The values that rows packed one by one have.
        var rounded = storage == WeightStorage.Stored ? WeightStorage.F32 : storage;
        using var expected = new PackedWeights(rounded, Inputs, new WeightSegment(Outputs, 96, 1));
        for (var row = Outputs - 1; row >= 0; row--)
            expected.Pack(0, 0, weights.AsSpan(row * Inputs, Inputs), row);
        Assert.Equal(Rows(expected), one);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_tensor_that_is_refused_has_the_same_message_for_any_number_of_threads(int threads)
    {
        Save(ElementType.F32, false, weights => (weights[(200 * Inputs) + 7], weights[(900 * Inputs) + 1]) = (float.PositiveInfinity, float.NaN));
        for (var round = 0; round < 10; round++)
        {
            using var reader = Open(WeightStorage.Int8, threads);
            using var packed = new PackedWeights(reader, WeightStorage.Int8, Inputs, new WeightSegment(Outputs, 96, 1));
            var error = Assert.Throws<CheckpointException>(() => packed.Read(reader, "w", [Outputs, Inputs], 0, 0));
            SafetensorsFileTests.Mentions(error, "'w'", "has the weight Infinity", "finite");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Reading_ends_when_it_is_cancelled(int threads)
    {
        Save(ElementType.F32, false);
        using var cancel = new CancellationTokenSource();
        using var reader = Open(WeightStorage.F32, threads, new Reports(_ => cancel.Cancel()), cancel.Token);
        using var packed = new PackedWeights(reader, WeightStorage.F32, Inputs, new WeightSegment(Outputs, 96, 1));
        Assert.ThrowsAny<OperationCanceledException>(() => packed.Read(reader, "w", [Outputs, Inputs], 0, 0));
        Assert.ThrowsAny<OperationCanceledException>(() => reader.Finish());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Progress_counts_all_bytes_on_the_loading_thread(int threads)
    {
        Save(ElementType.F32, false);
        var loader = Environment.CurrentManagedThreadId;
        var done = new List<long>();
        using var reader = Open(WeightStorage.F32, threads, new Reports(report =>
        {
            Assert.Equal(loader, Environment.CurrentManagedThreadId);
            done.Add(report.BytesDone);
        }));
        using var packed = new PackedWeights(reader, WeightStorage.F32, Inputs, new WeightSegment(Outputs, 96, 1));
        packed.Read(reader, "w", [Outputs, Inputs], 0, 0, begin: 0, count: 600);
        packed.Read(reader, "w", [Outputs, Inputs], 0, 0, begin: 600, count: Outputs - 600);
        Assert.Equal(done.Order(), done);
        Assert.Equal((long)Outputs * Inputs * sizeof(float), done[^1]);
    }

    [Fact]
    public void An_error_of_the_progress_reaches_the_caller()
    {
        Save(ElementType.F32, false);
        using var reader = Open(WeightStorage.F32, 2, new Reports(static _ => throw new InvalidTimeZoneException()));
        using var packed = new PackedWeights(reader, WeightStorage.F32, Inputs, new WeightSegment(Outputs, 96, 1));
        Assert.Throws<InvalidTimeZoneException>(() => packed.Read(reader, "w", [Outputs, Inputs], 0, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pages_of_the_file_do_not_stay_resident(bool isTransposed)
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("CAMBIUM_GUARD_PAGES") is "1")
            return;
        Save(ElementType.F32, isTransposed);
        // With several threads, the fingerprint is computed meanwhile, and reads the file too.
        using var reader = Open(WeightStorage.F32, 1);
        using var packed = new PackedWeights(reader, WeightStorage.F32, Inputs, new WeightSegment(Outputs, 96, 1));
        Read(packed, reader, isTransposed);
        // The system maps some pages around each one that is read.
        Assert.InRange(ResidentBytes("model.safetensors"), 0, 256 * 1024);
        var sum = 0f;
        reader.Read("w", isTransposed ? [Inputs, Outputs] : [Outputs, Inputs], (rows, _) => sum += rows[0]);
        Assert.InRange(ResidentBytes("model.safetensors"), 0, 256 * 1024);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tensor_is_not_held_twice(bool isTransposed)
    {
        Save(ElementType.BF16, isTransposed);
        using var reader = Open(WeightStorage.F32, 1);
        using var packed = new PackedWeights(reader, WeightStorage.F32, Inputs, new WeightSegment(Outputs, 96, 1));
        Read(packed, reader, isTransposed);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(packed, reader, isTransposed);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Outputs * Inputs / 4);
    }

    private static void Read(PackedWeights packed, CheckpointReader reader, bool isTransposed) =>
        packed.Read(reader, "w", isTransposed ? [Inputs, Outputs] : [Outputs, Inputs], 0, 0, isTransposed);

    // VmRSS of the mapping, from the kernel.
    private long ResidentBytes(string file)
    {
        long bytes = 0;
        var isFile = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.Contains(_folder.At(file), StringComparison.Ordinal))
                isFile = true;
            else if (isFile && line.StartsWith("Rss:", StringComparison.Ordinal))
                (bytes, isFile) = (bytes + (1024 * long.Parse(line[4..^2], CultureInfo.InvariantCulture)), false);
        }

        return bytes;
    }

    private float[] Packed(WeightStorage storage, bool isTransposed, int threads)
    {
        using var reader = Open(storage, threads);
        using var packed = new PackedWeights(reader, storage, Inputs, new WeightSegment(Outputs, 96, 1));
        Read(packed, reader, isTransposed);
        return Rows(packed);
    }

    private static float[] Rows(PackedWeights packed)
    {
        var rows = new float[Outputs * Inputs];
        fixed (float* start = rows)
        {
            for (var row = 0; row < Outputs; row++)
                packed.CopyRow(0, 0, row, start + (row * Inputs));
        }

        return rows;
    }

    private CheckpointReader Open(
        WeightStorage storage, int threads, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default) =>
        CheckpointReader.Open(
            _folder.Path, new LoadOptions { Storage = storage, Threads = threads, Progress = progress, Cancellation = cancellation });

    // The weights [outputs, inputs] with the precision of the type.
    private float[] Save(ElementType type, bool isTransposed, Action<float[]>? change = null)
    {
        var weights = new Random(7).Floats(Outputs * Inputs);
        change?.Invoke(weights);
        var bytes = new byte[weights.Length * (type == ElementType.F32 ? 4 : 2)];
        for (var i = 0; i < weights.Length; i++)
        {
            var at = isTransposed ? (i % Inputs * Outputs) + (i / Inputs) : i;
            switch (type)
            {
                case ElementType.BF16:
                    var half = FloatConversion.ToBFloat16(weights[i]);
                    weights[i] = BitConverter.UInt32BitsToSingle((uint)half << 16);
                    BitConverter.TryWriteBytes(bytes.AsSpan(2 * at), half);
                    break;
                case ElementType.F16:
                    weights[i] = (float)(Half)weights[i];
                    BitConverter.TryWriteBytes(bytes.AsSpan(2 * at), (Half)weights[i]);
                    break;
                default:
                    BitConverter.TryWriteBytes(bytes.AsSpan(4 * at), weights[i]);
                    break;
            }
        }

        _folder.Write("config.json", "{}");
        var shape = isTransposed ? $"[{Inputs},{Outputs}]" : $"[{Outputs},{Inputs}]";
        var file = SafetensorsBuilder.Whole($"{{{SafetensorsBuilder.Entry("w", type.ToString(), shape, 0, bytes.Length)}}}", bytes.Length);
        bytes.CopyTo(file.AsSpan(file.Length - bytes.Length));
        _folder.Write("model.safetensors", file);
        return weights;
    }

    private sealed class Reports(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
