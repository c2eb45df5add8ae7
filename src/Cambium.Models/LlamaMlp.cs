namespace Cambium.Models;

/// <summary>The gated MLP: down(act(gate(x)) * up(x)) (Shazeer 2020), with SiLU in most models.</summary>
[Block]
public sealed partial class LlamaMlp
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("intermediate_size")]
    public partial int Intermediate { get; }

    [Option("hidden_act", Default = Activation.Silu)]
    public partial Activation Activation { get; }

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
        Linear(Activated(Linear(x, Gate, GateBias)) * Linear(x, Up, UpBias), Down, DownBias);

    private Tensor Activated(Tensor gate) =>
        Activation == Activation.Silu ? Silu(gate)
        : Activation == Activation.GeluTanh ? GeluTanh(gate)
        : Activation == Activation.Gelu ? Gelu(gate)
        : Relu(gate);
}
