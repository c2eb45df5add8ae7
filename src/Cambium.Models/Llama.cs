namespace Cambium.Models;

/// <summary>
/// Llama (Touvron et al. 2023) and models of the same form: grouped-query attention, rotary position embedding with any scaling, a gated MLP, RMS
/// norms, a tied or separate head, optional biases, and a sliding window, which GGUF files of Mistral have under this architecture.
/// </summary>
[Model("LlamaForCausalLM")]
[Expects("rope_interleaved", "false")]
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
