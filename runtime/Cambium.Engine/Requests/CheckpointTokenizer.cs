using Cambium.Checkpoints;
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
        /// <exception cref="CheckpointException">The tokenizer's file is damaged or of an unsupported kind.</exception>
        public Tokenizer? Tokenizer => checkpoint.Resource<Tokenizer?>(static checkpoint => Cambium.Text.Tokenizer.TryLoad(checkpoint.Folder));

        /// <summary>
        /// The tokens that end an answer: the ids in <c>generation_config.json</c> or <c>config.json</c>, or in the GGUF file; if there are none, the
        /// <c>eos_token</c> of <c>tokenizer_config.json</c>.
        /// </summary>
        /// <exception cref="CheckpointException">The vocabulary has no such <c>eos_token</c>.</exception>
        public IReadOnlyList<int> EosTokens =>
            checkpoint.Generation.EosTokens is { Count: > 0 } ids ? ids : checkpoint.Resource(static checkpoint => NamedEos.Of(checkpoint)).Ids;
    }

    // A type of its own, because a checkpoint has one resource of each type.
    private sealed record NamedEos(IReadOnlyList<int> Ids)
    {
        public static NamedEos Of(LoadedCheckpoint checkpoint)
        {
            if (TokenizerConfig.TryLoad(checkpoint.Folder) is not { Eos.Content: var name } config)
                return new NamedEos([]);
            // The tokenizer is not opened for a token that the file describes.
            return new NamedEos([
                config.IdOf(name) ?? checkpoint.Tokenizer?.IdOf(name) ?? throw new CheckpointException(
                    config.Json.File, "field 'eos_token'", $"is '{name}', expected a token of the vocabulary: no other file names an EOS token",
                    "Correct it, or give the EOS tokens with each request."),
            ]);
        }
    }
}
