namespace Cambium.Models;

/// <summary>Qwen2 and Qwen2.5 (Qwen team 2024): Llama with biases on query, key and value.</summary>
[Model("Qwen2ForCausalLM")]
public sealed partial class Qwen2 : RmsNormDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Qwen2Block> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}
