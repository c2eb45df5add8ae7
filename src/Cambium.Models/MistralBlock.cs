namespace Cambium.Models;

/// <summary>One layer of <see cref="Mistral"/>.</summary>
[Block]
public sealed partial class MistralBlock : LlamaLayer
{
    [Block("self_attn")]
    public partial MistralAttention Attention { get; }

    protected override Tensor Attended(Tensor h) => Attention.Forward(h);
}
