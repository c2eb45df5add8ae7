using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Positions;
using Xunit;
using static Cambium.TestKit.SafetensorsBuilder;

namespace Cambium.Runtime.Tests.Checkpoints;

/// <summary>Sizes that a checkpoint gives are checked before they are used, and every part of loading can be cancelled.</summary>
public sealed class BoundedLoadTests : IDisposable
{
    private static readonly ModelConfig Config = ModelConfig.Parse("""{ "max_position_embeddings": 4000 }""");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_size_in_range_is_returned()
    {
        Assert.Equal(600, Binding.Size(Config, static () => 600, isExtent: true, "Heads*Size"));
        Assert.Equal(-3, Binding.Size(Config, static () => -3, isExtent: false, "Heads - Size"));
    }

    [Theory]
    [InlineData(4294967300, "is 4294967300, expected 1 to 1073741824")]
    [InlineData(0, "is 0, expected 1 to 1073741824")]
    [InlineData(-7, "is -7, expected 1 to 1073741824")]
    public void A_size_out_of_range_is_refused_with_its_dims(long value, string part) => Refused(
        () => { Binding.Size(Config, () => value, isExtent: true, "Heads*Size", ("Heads ('heads')", 42949673), ("Size ('size')", 100)); },
        "config.json: Heads*Size", part, "Heads ('heads') is 42949673, Size ('size') is 100");

    [Fact]
    public void A_size_that_cannot_be_computed_is_refused()
    {
        var (large, zero) = (long.MaxValue, 0L);
        Refused(() => { Binding.Size(Config, () => checked(2 * large), false, "A*B"); }, "A*B does not fit into 64 bits");
        Refused(() => { Binding.Size(Config, () => 2 / zero, false, "A / B"); }, "A / B divides by 0");
    }

    [Fact]
    public void A_number_that_is_not_finite_is_refused()
    {
        Binding.Number(Config, static layer => layer, 3, isDivisor: false, "Layer");
        Refused(static () => Binding.Number(Config, static layer => 1.0 / (1 - layer), 3, false, "1 / (1 - Layer)"), "is Infinity in layer 1",
            "expected a finite number");
        Refused(static () => Binding.Number(Config, static _ => 0, 1, true, "Log(A)", ("A", 1)), "Log(A) is 0", "divides by it: A is 1");
    }

    [Fact]
    public void More_layers_than_tensors_are_refused()
    {
        Save("a", [2], new float[2]);
        using var reader = CheckpointReader.Open(_folder.Path);
        reader.RequireLayers(256, "Layers");
        Refused(
            () => reader.RequireLayers(3_000_000, "Layers", ("Layers ('num_hidden_layers')", 3_000_000)),
            "config.json: Layers is 3000000, and the files have 1 tensors", "Layers ('num_hidden_layers') is 3000000");
    }

    [Fact]
    public void Layers_without_tensors_are_bounded()
    {
        Binding.Layers(Config, 4096, "Layers");
        Refused(
            static () => Binding.Layers(Config, 4097, "Layers", ("Layers ('num_hidden_layers')", 4097)),
            "config.json: Layers is 4097, expected at most 4096", "Layers ('num_hidden_layers') is 4097");
    }

    [Fact]
    public void A_configuration_of_many_megabytes_is_not_read()
    {
        _folder.Write("config.json", "{}" + new string(' ', (int)JsonFile.MaxBytes));
        Refused(() => ModelConfig.Load(_folder.At("config.json")), "has 16777218 bytes, expected at most 16777216");
    }

    [Fact]
    public void A_destination_has_the_length_of_the_tensor()
    {
        Save("a", [2, 3], new float[6]);
        using var reader = CheckpointReader.Open(_folder.Path);
        Assert.Contains("'a' has 6 elements, and the destination takes 5",
            Assert.Throws<ArgumentException>(() => reader.Read("a", [2, 3], new float[5].AsSpan())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Parameter.Read(reader, "a", [2, 3]).CopyTo(new float[7]));
    }

    [Fact]
    public void A_destination_has_the_length_of_the_slice()
    {
        Save("a", [6], new float[6]);
        using var reader = CheckpointReader.Open(_folder.Path);
        Assert.Contains("The slice of 'a' has 3 elements, and the destination takes 4",
            Assert.Throws<ArgumentException>(() => reader.Read("a", [6], new float[4], begin: 1, count: 3)).Message, StringComparison.Ordinal);
        Refused(() => reader.Read("a", [6], new float[4], begin: 1, count: 4, group: 2, stride: int.MaxValue),
            "has 6 outputs, but the model takes 4");
    }

    [Fact]
    public void A_tensor_with_many_extents_is_refused()
    {
        var shape = $"[{string.Join(",", Enumerable.Repeat("1", 65))}]";
        _folder.Write("config.json", "{}");
        _folder.Write("model.safetensors", Whole($"{{{Entry("a", "F32", shape, 0, 4)}}}", 4));
        Refused(() => CheckpointReader.Open(_folder.Path), "'a'", "has 65 extents, expected at most 64");
    }

    [Fact]
    public void A_GGUF_tensor_whose_bytes_exceed_64_bits_is_refused()
    {
        var path = new GgufBuilder().AddRaw("a", [1L << 31, 1L << 31], 0, []).Save(_folder.At("a.gguf"));
        Refused(() => GgufFile.Open(path), "'a'", "expected extents above 0 whose product is a size");
    }

    [Theory]
    [InlineData("1e300")]
    [InlineData("-1e39")]
    public void A_number_that_does_not_fit_f32_is_refused(string value)
    {
        Refused(() => { ModelConfig.Parse($$"""{ "eps": {{value}} }""").Float("eps"); }, "field 'eps'", "expected a number of at most 3.4028235E+38");
        Refused(() => ModelConfig.Parse($$"""{ "eps": [1, {{value}}] }""").Floats("eps", 2), "field 'eps[1]'");
    }

    [Theory]
    [InlineData("""{ "type": "linear", "factor": 1e-300 }""")]
    [InlineData("""{ "type": "yarn", "factor": 2, "attention_factor": 1e300 }""")]
    [InlineData("""{ "type": "yarn", "factor": 1e-300 }""")]
    public void Rotary_settings_without_finite_angles_are_refused(string scaling) => Refused(
        () => RotaryTable.Create(ModelConfig.Parse($$"""{ "max_position_embeddings": 64, "rope_scaling": {{scaling}} }"""), 16).Dispose(),
        "rope_scaling", "expected a finite number");

    [Fact]
    public void Weights_beyond_32_bit_indices_are_refused()
    {
        Assert.Contains("is larger than 32-bit indices reach", Assert.Throws<ArgumentException>(
            static () => new PackedWeights(WeightStorage.F32, 1, new WeightSegment(1 << 30, 1 << 30, 4))).Message, StringComparison.Ordinal);
        Assert.Throws<InsufficientMemoryException>(static () => new PackedWeights(WeightStorage.F32, 1 << 30, new WeightSegment(1 << 30, 0, 1)));
        Assert.Throws<InsufficientMemoryException>(static () => new NativeBuffer(long.MaxValue));
    }

    [Fact]
    public void Cache_sites_beyond_memory_are_refused_before_they_are_listed()
    {
        var message = Assert.Throws<InsufficientMemoryException>(
            static () => new KvLayout([new CacheSite(1 << 28, 1 << 28, 8, 8, 1 << 28)], 64, 16)).Message;
        Assert.Contains("One chunk of 64 tokens needs", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_buffer_beyond_64_bits_is_refused()
    {
        Assert.Throws<InsufficientMemoryException>(static () => Binding.SlotBytes(int.MaxValue, 1L << 33));
        Assert.Equal(256, Binding.SlotBytes(5, -8));
    }

    [Fact]
    public void Large_parts_of_loading_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        Save("a", [40, 30], new float[1200]);
        using var reader = CheckpointReader.Open(_folder.Path, new LoadOptions { Cancellation = cancel.Token });
        var matrix = Parameter.Read(reader, "a", [40, 30]);
        cancel.Cancel();

        Cancelled(() => CheckpointReader.Open(_folder.Path, new LoadOptions { Cancellation = cancel.Token }));
        Cancelled(() => SafetensorsFile.Open(_folder.At("model.safetensors"), cancel.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => reader.Expect("a", [40, 30]));
        Cancelled(() => reader.Allocate(10));
        Cancelled(() => new PackedWeights(reader, WeightStorage.Int4, 32, new WeightSegment(8, 0, 1)));
        Cancelled(() => RotaryTable.Create(Config, 16, cancellation: cancel.Token));
        Cancelled(() => matrix.MatMul(matrix.Transpose()));
        Cancelled(() => Parameter.Map(matrix, static x => x));
        Cancelled(() => reader.Finish());

        static void Cancelled(Func<object> action) => Assert.ThrowsAny<OperationCanceledException>(action);
    }

    [Fact]
    public void Reading_a_GGUF_header_can_be_cancelled()
    {
        var path = new GgufBuilder().Set("texts", new[] { "a", "b" }).Add("a", [2], 0, [1, 2]).Save(_folder.At("a.gguf"));
        Assert.ThrowsAny<OperationCanceledException>(() => GgufFile.Open(path, new CancellationToken(canceled: true)));
    }

    private void Save(string name, long[] shape, float[] values)
    {
        _folder.Write("config.json", "{}");
        new SafetensorsWriter().Add(name, shape, values).Save(_folder.At("model.safetensors"));
    }

    private static void Refused(Action action, params string[] parts) =>
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(action), parts);

    private static void Refused(Func<object> action, params string[] parts) =>
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => { action(); }), parts);
}
