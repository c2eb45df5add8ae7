namespace Cambium.Models;

/// <summary>One layer of <see cref="Qwen2"/>.</summary>
[Block]
public sealed partial class Qwen2Block : LlamaLayer
{
    [Block("self_attn")]
    public partial Qwen2Attention Attention { get; }

    protected override Tensor Attended(Tensor h) => Attention.Forward(h);
}
