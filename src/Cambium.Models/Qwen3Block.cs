namespace Cambium.Models;

/// <summary>One layer of <see cref="Qwen3"/>.</summary>
[Block]
public sealed partial class Qwen3Block : LlamaLayer
{
    [Block("self_attn")]
    public partial Qwen3Attention Attention { get; }

    protected override Tensor Attended(Tensor h) => Attention.Forward(h);
}
