namespace Cambium.Models;

/// <summary>Mistral (Jiang et al. 2023): Llama with a sliding window in every layer.</summary>
[Model("MistralForCausalLM")]
public sealed partial class Mistral : RmsNormDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<MistralBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}
