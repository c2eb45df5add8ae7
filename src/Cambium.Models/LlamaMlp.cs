namespace Cambium.Models;

/// <summary>The gated MLP: down(silu(gate(x)) * up(x)) (Shazeer 2020).</summary>
[Block]
[Expects("hidden_act", "silu", "swish")]
public sealed partial class LlamaMlp
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("intermediate_size")]
    public partial int Intermediate { get; }

    [Option("mlp_bias", Default = false)]
    public partial bool HasBias { get; }

    [Weight("gate_proj.weight", "Intermediate, Hidden")]
    public partial Tensor Gate { get; }

    [Weight("gate_proj.bias", "Intermediate", When = nameof(HasBias))]
    public partial Tensor GateBias { get; }

    [Weight("up_proj.weight", "Intermediate, Hidden")]
    public partial Tensor Up { get; }

    [Weight("up_proj.bias", "Intermediate", When = nameof(HasBias))]
    public partial Tensor UpBias { get; }

    [Weight("down_proj.weight", "Hidden, Intermediate")]
    public partial Tensor Down { get; }

    [Weight("down_proj.bias", "Hidden", When = nameof(HasBias))]
    public partial Tensor DownBias { get; }

    public Tensor Forward(Tensor x) =>
        Linear(Silu(Linear(x, Gate, GateBias)) * Linear(x, Up, UpBias), Down, DownBias);
}
