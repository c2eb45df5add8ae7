using Cambium.Runtime;
using Cambium.Text;

namespace Cambium.Cli.Sequences;

/// <summary>The sequences of a text: as many tokens each as fit, at most <see cref="Longest"/>.</summary>
internal static class TextSequences
{
    private const int Longest = 512;

    /// <exception cref="UserException">The file cannot be read, has no token, or the checkpoint no tokenizer.</exception>
    public static IReadOnlyList<TokenSequence> Read(string path, CompiledModel model, int context)
    {
        var tokenizer = model.Checkpoint.Tokenizer ?? throw new UserException($"{model.Checkpoint.Folder}: has no tokenizer, expected one for a text. Give token ids by --expected.");
        var text = TextFile.Read(path, "Name a text file with --text.");
        TokenSequence[] sequences = [.. tokenizer.Encode(text).Chunk(Math.Min(Longest, context)).Select(static (tokens, i) => new TokenSequence(i, tokens))];
        return sequences.Length > 0 ? sequences : throw new UserException($"{path}: has no token, expected a text. Name a text file with --text.");
    }
}
