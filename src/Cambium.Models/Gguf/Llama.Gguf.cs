using Cambium.Checkpoints;

namespace Cambium.Models;

public sealed partial class Llama
{
    static partial void DeclareGguf(ICollection<GgufArchitecture> architectures) => architectures.Add(
        LlamaFormGguf.Decoder("llama", "LlamaForCausalLM") with { InterleavedRows = ["blk.{i}.attn_q", "blk.{i}.attn_k"] });
}
