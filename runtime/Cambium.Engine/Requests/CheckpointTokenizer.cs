using Cambium.Runtime.Loading;
using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>The tokenizer of a loaded checkpoint.</summary>
public static class CheckpointTokenizer
{
    extension(LoadedCheckpoint checkpoint)
    {
        /// <summary>
        /// The tokenizer of <c>tokenizer.json</c> or of the GGUF file; null if the checkpoint has none, and the model then runs on token ids. The file is read when it
        /// is first asked for, so a checkpoint with a tokenizer of an unsupported kind still runs on ids.
        /// </summary>
        /// <exception cref="Checkpoints.CheckpointException">The tokenizer is damaged or of an unsupported kind.</exception>
        public Tokenizer? Tokenizer => checkpoint.Resource<Tokenizer?>(static checkpoint => Cambium.Text.Tokenizer.TryLoad(checkpoint.Folder));
    }
}
