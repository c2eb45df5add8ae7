namespace Cambium.Checkpoints;

/// <summary>What a checkpoint holds, read from the headers of its files without a weight.</summary>
/// <param name="Path">The folder, or the GGUF file.</param>
/// <param name="Config">The settings.</param>
/// <param name="Generation">BOS and EOS tokens.</param>
/// <param name="Tensors">All tensors, with the names and shapes of a Hugging Face checkpoint, in the order of their names.</param>
public sealed record CheckpointContents(string Path, ModelConfig Config, GenerationConfig Generation, IReadOnlyList<TensorInfo> Tensors);
