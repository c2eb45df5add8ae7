namespace Cambium.Models;

/// <summary>
/// Llama (Touvron et al. 2023), Mistral, and models of the same form: grouped-query attention, rotary position embedding with any scaling, a gated
/// MLP with SiLU, RMS norms, a tied or separate head, optional biases, and the sliding window of Mistral.
/// </summary>
[Model("LlamaForCausalLM", "MistralForCausalLM")]
public sealed partial class Llama : RmsNormDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<LlamaBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}
