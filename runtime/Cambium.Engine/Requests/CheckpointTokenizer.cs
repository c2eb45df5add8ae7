using Cambium.Runtime.Loading;
using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>The tokenizer of a loaded checkpoint.</summary>
public static class CheckpointTokenizer
{
    extension(LoadedCheckpoint checkpoint)
    {
        /// <summary>
        /// The tokenizer of <c>tokenizer.json</c> or of the GGUF file; null if the checkpoint has none: the model then runs on token ids. The file is
        /// read on first use, so a checkpoint with an unsupported tokenizer still runs on ids.
        /// </summary>
        /// <exception cref="Checkpoints.CheckpointException">The tokenizer's file is damaged or of an unsupported kind.</exception>
        public Tokenizer? Tokenizer => checkpoint.Resource<Tokenizer?>(static checkpoint => Cambium.Text.Tokenizer.TryLoad(checkpoint.Folder));
    }
}
