namespace Cambium.Models.Tests.Architectures;

/// <summary>GPT-J (Wang and Komatsuzaki 2021): interleaved rotation of a part of each head; attention and MLP in parallel.</summary>
[Model("GPTJForCausalLM")]
public sealed partial class GptJ : GptJDecoder
{
    [Blocks("transformer.h.{i}", Count = nameof(Layers))]
    public partial BlockStack<GptJBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}

/// <summary>One layer of <see cref="GptJ"/>.</summary>
[Block]
public sealed partial class GptJBlock : GptJLayer
{
    [Weight("attn.q_proj.weight", "Hidden, Hidden")]
    public partial Tensor Q { get; }

    [Weight("attn.k_proj.weight", "Hidden, Hidden")]
    public partial Tensor K { get; }

    [Weight("attn.v_proj.weight", "Hidden, Hidden")]
    public partial Tensor V { get; }

    protected override (Tensor Q, Tensor K, Tensor V) Project(Tensor h) =>
        (Reshape(Linear(h, Q), Heads, HeadDim), Reshape(Linear(h, K), Heads, HeadDim), Reshape(Linear(h, V), Heads, HeadDim));
}
