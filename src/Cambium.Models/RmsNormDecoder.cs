namespace Cambium.Models;

/// <summary>A <see cref="CausalDecoder"/> whose final norm is an RMS norm (Zhang and Sennrich 2019).</summary>
[Model]
public abstract partial class RmsNormDecoder : CausalDecoder
{
    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    /// <inheritdoc/>
    protected override Tensor FinalNorm(Tensor x) => RmsNorm(x, Norm, Epsilon);
}
