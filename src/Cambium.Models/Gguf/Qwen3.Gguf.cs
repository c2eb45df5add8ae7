using Cambium.Checkpoints;

namespace Cambium.Models;

public sealed partial class Qwen3
{
    static partial void DeclareGguf(ICollection<GgufArchitecture> architectures) =>
        architectures.Add(LlamaFormGguf.Decoder("qwen3", "Qwen3ForCausalLM"));
}
