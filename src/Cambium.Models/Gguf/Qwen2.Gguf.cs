using Cambium.Checkpoints;

namespace Cambium.Models;

public sealed partial class Qwen2
{
    static partial void DeclareGguf(ICollection<GgufArchitecture> architectures) =>
        architectures.Add(LlamaFormGguf.Decoder("qwen2", "Qwen2ForCausalLM"));
}
