namespace Cambium.Models;

/// <summary>One layer of <see cref="Llama"/>.</summary>
[Block]
public sealed partial class LlamaBlock : LlamaLayer
{
    [Block("self_attn")]
    public partial LlamaAttention Attention { get; }

    protected override Tensor Attended(Tensor h) => Attention.Forward(h);
}
