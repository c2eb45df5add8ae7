namespace Cambium.Benchmarks;

/// <summary>A minimal model with a norm before a product. The measured code is generated, not a handwritten kernel.</summary>
[Model("NormProduct")]
public sealed partial class NormProduct
{
    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("outputs")]
    public partial int Outputs { get; }

    [Weight("embedding", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("norm", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("product", "Outputs, Hidden")]
    public partial Tensor Product { get; }

    public Tensor Forward(Tokens tokens) => Linear(RmsNorm(Embedding[tokens], Norm, 1e-6f), Product);
}
