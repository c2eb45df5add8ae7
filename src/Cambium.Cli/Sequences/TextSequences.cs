using Cambium.Runtime;
using Cambium.Text;

namespace Cambium.Cli.Sequences;

/// <summary>Splits a text into sequences of at most <see cref="Longest"/> tokens, or of the context length if that is shorter.</summary>
internal static class TextSequences
{
    private const int Longest = 512;

    /// <exception cref="UserException">The file cannot be read or is empty, or the checkpoint has no tokenizer.</exception>
    public static IReadOnlyList<TokenSequence> Read(string path, CompiledModel model, int context)
    {
        var tokenizer = model.Checkpoint.Tokenizer
            ?? throw new UserException($"{model.Checkpoint.Folder}: has no tokenizer, which --text needs. Give token ids with --expected.");
        var text = TextFile.Read(path, "Name a text file with --text.");
        var chunks = tokenizer.Encode(text).Chunk(Math.Min(Longest, context));
        TokenSequence[] sequences = [.. chunks.Select(static (tokens, i) => new TokenSequence(i, tokens))];
        return sequences.Length > 0 ? sequences : throw new UserException($"{path}: has no tokens. Name a file with text with --text.");
    }
}
