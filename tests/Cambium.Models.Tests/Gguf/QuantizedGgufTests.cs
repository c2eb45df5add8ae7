using Cambium.Checkpoints;
using Cambium.Models.Tests.Reference;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests.Gguf;

/// <summary>Models whose matrices are stored in quantized blocks, against a naive computation with the weights that the blocks stand for.</summary>
public sealed unsafe class QuantizedGgufTests : IDisposable
{
    private static readonly int[] Ids = [.. Enumerable.Range(0, 12).Select(static i => (i * 29) % RandomLlama.Vocabulary)];

    private static readonly LoadOptions s_exact = new() { Products = WeightProducts.Exact };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Types => [.. BlockFormats.All.Select(static format => format.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void A_model_of_one_type_matches_the_naive_computation(string type)
    {
        var number = Enum.Parse<ElementType>(type).Blocks()!.Number;
        using var model = Agrees(RandomLlama.Write(_folder.At("one.gguf"), _ => number));
        Assert.Equal(type, model.Checkpoint.WeightType.Name());
    }

    // As llama-quantize makes them: matrices that matter more have more bits.
    [Theory]
    [InlineData("Q4_0", "Q4_0", "Q6_K")]
    [InlineData("Q4_K", "Q6_K", "Q6_K")]
    [InlineData("Q5_K", "Q6_K", "Q6_K")]
    [InlineData("Q2_K", "Q3_K", "Q6_K")]
    [InlineData("Q3_K", "Q5_K", "Q6_K")]
    [InlineData("IQ4_XS", "Q5_K", "Q6_K")]
    [InlineData("IQ2_XXS", "Q2_K", "Q5_K")]
    [InlineData("MXFP4", "Q8_0", "BF16")]
    public void A_model_of_mixed_types_matches_the_naive_computation(string most, string important, string head)
    {
        uint NumberOf(string type) => type == "BF16" ? 30 : Enum.Parse<ElementType>(type).Blocks()!.Number;
        var path = RandomLlama.Write(_folder.At("mixed.gguf"), name => NumberOf(
            name == "output.weight" ? head
            : name.EndsWith("attn_v.weight", StringComparison.Ordinal) || name.EndsWith("ffn_down.weight", StringComparison.Ordinal) ? important
            : most));
        using var model = Agrees(path);
        Assert.Equal(most, model.Checkpoint.WeightType.Name());
    }

    [Fact]
    public void Weights_of_blocks_give_the_bits_of_the_same_weights_in_f32()
    {
        var types = GgufBlocks.Types.ToArray();
        var matrices = RandomLlama.Matrices(3).ToList();
        Assert.True(matrices.Count >= types.Length);
        uint TypeOf(string name) => types[matrices.IndexOf(name) % types.Length];
        using var expected = Llama.Load(RandomLlama.Write(_folder.At("plain.gguf"), TypeOf, layers: 3, Widen));
        using var model = Llama.Load(RandomLlama.Write(_folder.At("all.gguf"), TypeOf, layers: 3), s_exact);
        Assert.Equal(ElementType.F32, expected.Checkpoint.WeightType);
        TensorAssert.SameBits(LogitsOf(expected), LogitsOf(model));
    }

    [Fact]
    public void A_vector_of_blocks_whose_rows_are_interleaved_is_refused()
    {
        var path = GgufOfFolder.Write(
            Fixtures.InRepository("llama-linear-rope"), _folder.At("bias.gguf"), static (_, _) => 0,
            static file => file.AddRaw("blk.0.attn_q.bias", [32], 8, new byte[34]));
        var message = Assert.Throws<CheckpointException>(() => Llama.Load(path)).Message;
        Assert.Contains("bias.gguf: tensor 'blk.0.attn_q.bias'", message, StringComparison.Ordinal);
        Assert.Contains("vector stored as Q8_0, expected F32, F16 or BF16", message, StringComparison.Ordinal);
    }

    private static float[] Widen(uint type, byte[] bytes)
    {
        var element = GgufTypes.Find(type)!.Value;
        var floats = new float[bytes.Length / element.Bytes() * element.Block()];
        fixed (byte* blocks = bytes)
        fixed (float* destination = floats)
            FloatConversion.Widen(element, blocks, destination, floats.Length);
        return floats;
    }

    private static CompiledModel Agrees(string path)
    {
        var model = Llama.Load(path, s_exact);
        TensorAssert.Close(RandomLlama.Logits(path, Ids), LogitsOf(model), Tolerance.Model);
        return model;
    }

    private static float[] LogitsOf(CompiledModel model)
    {
        using var loop = new EngineLoop(model, new EngineOptions { MaxSequences = 1, PoolTokens = 256, ChunkSize = 32, ContextLength = 64 });
        var record = new PromptRecord(Ids.Length, model.OutputWidth);
        loop.Run(new Request { PromptTokens = Ids, MaxTokens = 1, WantsText = false, Observer = record });
        return record.Logits;
    }
}
