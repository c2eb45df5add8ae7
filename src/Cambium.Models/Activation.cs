namespace Cambium.Models;

/// <summary>The activation of an MLP, as <c>hidden_act</c> or <c>activation_function</c> names it.</summary>
public enum Activation
{
    /// <summary>GELU with the tanh approximation (Hendrycks and Gimpel 2016).</summary>
    [ConfigName("gelu_new", "gelu_pytorch_tanh", "gelu_fast")]
    GeluTanh,

    /// <summary>GELU with erf.</summary>
    [ConfigName("gelu", "gelu_python")]
    Gelu,

    /// <summary>max(x, 0)</summary>
    [ConfigName("relu")]
    Relu,

    /// <summary>x * sigmoid(x)</summary>
    [ConfigName("silu", "swish")]
    Silu,
}
