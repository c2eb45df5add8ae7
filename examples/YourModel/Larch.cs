// A new architecture in one file. Cambium does not know it: the build reads these two classes and generates their kernels.
//   * no position embeddings: attention has a distance bias, ALiBi (Press et al. 2022), written as a lambda on the score
//   * multi-query attention: all query heads share one KV head (Shazeer 2019)
//   * parallel attention and MLP, which read the same norm (Wang & Komatsuzaki 2021)
//   * squared ReLU (So et al. 2021), capped logits, tied embeddings
namespace YourModel;

[Model("LarchForCausalLM")]
public sealed partial class Larch
{
    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Dim("width")]
    public partial int Width { get; }

    [Dim("depth")]
    public partial int Depth { get; }

    [Option("logit_cap", Default = 30f)]
    public partial float LogitCap { get; }

    [Weight("embedding", "Vocab, Width")]
    public partial Tensor Embedding { get; }

    [Weight("norm.scale", "Width")]
    public partial Tensor NormScale { get; }

    [Weight("norm.shift", "Width")]
    public partial Tensor NormShift { get; }

    [Blocks("blocks.{i}", Count = nameof(Depth))]
    public partial BlockStack<LarchBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        var logits = Linear(LayerNorm(x, NormScale, NormShift, 1e-5f), Embedding);
        return LogitCap * Tanh(logits / LogitCap);
    }
}

[Block]
public sealed partial class LarchBlock
{
    [Dim("width")]
    public partial int Width { get; }

    [Dim("heads")]
    public partial int Heads { get; }

    [Dim("head_size", Default = "Width / Heads")]
    public partial int HeadSize { get; }

    [Dim("mlp_width", Default = "4 * Width")]
    public partial int MlpWidth { get; }

    [Weight("norm.scale", "Width")]
    public partial Tensor NormScale { get; }

    [Weight("norm.shift", "Width")]
    public partial Tensor NormShift { get; }

    [Weight("query", "Heads * HeadSize, Width")]
    public partial Tensor Query { get; }

    [Weight("key", "HeadSize, Width")]
    public partial Tensor Key { get; }

    [Weight("value", "HeadSize, Width")]
    public partial Tensor Value { get; }

    [Weight("slope", "Heads")]
    public partial Tensor Slope { get; }

    [Weight("output", "Width, Heads * HeadSize")]
    public partial Tensor Output { get; }

    [Weight("up", "MlpWidth, Width")]
    public partial Tensor Up { get; }

    [Weight("down", "Width, MlpWidth")]
    public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, NormScale, NormShift, 1e-5f);
        return x + Attention(h) + Mlp(h);
    }

    private Tensor Attention(Tensor h)
    {
        var q = Reshape(Linear(h, Query), Heads, HeadSize);
        var k = Reshape(Linear(h, Key), 1, HeadSize);
        var v = Reshape(Linear(h, Value), 1, HeadSize);
        var attended = Attend(q, k, v, score: (s, at) => s - Slope[at.Head] * (at.Query - at.Key));
        return Linear(Reshape(attended, Heads * HeadSize), Output);
    }

    private Tensor Mlp(Tensor h) => Linear(Square(Relu(Linear(h, Up))), Down);
}
