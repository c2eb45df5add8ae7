using Cambium.Models;

namespace Alder;

[Model("AlderForCausalLM")]
public sealed partial class Tree
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Dim("layers")]
    public partial int Layers { get; }

    [Weight("embed", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Blocks("layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Branch> Branches { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var branch in Branches)
            x = branch.Forward(x);
        return Linear(x, Embedding);
    }
}

/// <summary>Its own attention, and the MLP of a package.</summary>
[Block]
public sealed partial class Branch
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Option("decay", Default = 0.25f)]
    public partial float Decay { get; }

    [Weight("norm", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("qkv", "3 * Hidden, Hidden")]
    public partial Tensor Query { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }

    public Tensor Forward(Tensor x)
    {
        var qkv = Linear(RmsNorm(x, Norm, 1e-5f), Query);
        var q = Reshape(Slice(qkv, 0, Hidden), 1, Hidden);
        var k = Reshape(Slice(qkv, Hidden, Hidden), 1, Hidden);
        var v = Reshape(Slice(qkv, 2 * Hidden, Hidden), 1, Hidden);
        x += Reshape(Attend(q, k, v, score: (s, at) => s - Decay * (at.Query - at.Key)), Hidden);
        return x + Mlp.Forward(x);
    }
}
