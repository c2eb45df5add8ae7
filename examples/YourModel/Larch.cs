// A new architecture in one file. Nothing in Cambium knows it: the build reads these two classes and writes their kernels.
//   * no positions in the embedding: attention is biased by distance, ALiBi (Press et al. 2022), as a lambda on the score
//   * many query heads share one key/value head (Shazeer 2019)
//   * attention and MLP read the same norm and are added together (Wang & Komatsuzaki 2021)
//   * squared ReLU (So et al. 2021), capped logits, one table for embedding and head
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

    [Weight("mix", "Width, Heads * HeadSize")]
    public partial Tensor Mix { get; }

    [Weight("up", "MlpWidth, Width")]
    public partial Tensor Up { get; }

    [Weight("down", "Width, MlpWidth")]
    public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, NormScale, NormShift, 1e-5f);
        return x + Look(h) + Think(h);
    }

    private Tensor Look(Tensor h)
    {
        var q = Reshape(Linear(h, Query), Heads, HeadSize);
        var k = Reshape(Linear(h, Key), 1, HeadSize);
        var v = Reshape(Linear(h, Value), 1, HeadSize);
        var seen = Attend(q, k, v, score: (s, at) => s - Slope[at.Head] * (at.Query - at.Key));
        return Linear(Reshape(seen, Heads * HeadSize), Mix);
    }

    private Tensor Think(Tensor h) => Linear(Square(Relu(Linear(h, Up))), Down);
}
