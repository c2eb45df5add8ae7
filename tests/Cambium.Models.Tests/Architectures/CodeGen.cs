namespace Cambium.Models.Tests.Architectures;

/// <summary>CodeGen (Nijkamp et al. 2022): GPT-J with query, value and key in one matrix.</summary>
[Model("CodeGenForCausalLM")]
public sealed partial class CodeGen : GptJDecoder
{
    [Blocks("transformer.h.{i}", Count = nameof(Layers))]
    public partial BlockStack<CodeGenBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}

/// <summary>One layer of <see cref="CodeGen"/>.</summary>
[Block]
public sealed partial class CodeGenBlock : GptJLayer
{
    [Weight("attn.qkv_proj.weight", "3 * Hidden, Hidden")]
    public partial Tensor Qkv { get; }

    protected override (Tensor Q, Tensor K, Tensor V) Project(Tensor h)
    {
        // The matrix is laid out for four devices. Each has its slice of query, value and key, in this order.
        const int Devices = 4;
        var size = Hidden / Devices;
        var slices = Reshape(Linear(h, Qkv), Devices, 3 * size);
        var q = Reshape(Slice(slices, 0, size), Heads, HeadDim);
        var v = Reshape(Slice(slices, size, size), Heads, HeadDim);
        var k = Reshape(Slice(slices, 2 * size, size), Heads, HeadDim);
        return (q, k, v);
    }
}
