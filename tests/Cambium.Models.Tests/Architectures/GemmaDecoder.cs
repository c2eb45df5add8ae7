namespace Cambium.Models.Tests.Architectures;

/// <summary>A decoder of the Gemma family: scaled embeddings, a norm whose weights are stored minus one, and capped logits.</summary>
[Model]
public abstract partial class GemmaDecoder : CausalDecoder
{
    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    // Absent or null: logits are not capped.
    [Option("final_logit_softcapping", Default = 0f)]
    public partial float LogitCap { get; }

    protected override Tensor Embed(Tokens tokens) => base.Embed(tokens) * Sqrt(Hidden);

    protected override Tensor FinalNorm(Tensor x) => RmsNorm(x, 1 + Norm, Epsilon);

    protected override Tensor Output(Tensor x)
    {
        var logits = base.Output(x);
        return LogitCap > 0 ? LogitCap * Tanh(logits / LogitCap) : logits;
    }
}
