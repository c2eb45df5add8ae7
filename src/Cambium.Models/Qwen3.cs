namespace Cambium.Models;

/// <summary>Qwen3 (Qwen team 2025): Llama with an RMS norm over each head of query and key, and with a head size of its own.</summary>
[Model("Qwen3ForCausalLM")]
public sealed partial class Qwen3 : RmsNormDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Qwen3Block> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}
