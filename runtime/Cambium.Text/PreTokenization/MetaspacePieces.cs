using System.Text;
using System.Text.Json;

namespace Cambium.Text;

/// <summary>When a mark is prepended to a text that does not begin with a space.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>SentencePiece's pre-tokenizer: a space becomes a visible mark, and a word begins with it.</summary>
/// <param name="mark">The mark.</param>
/// <param name="scheme">When a mark is prepended.</param>
/// <param name="continues">Whether the text continues another one: none is prepended to its first piece.</param>
/// <param name="split">Whether each word is a piece.</param>
internal sealed class MetaspacePieces(string mark, PrependScheme scheme, bool continues, bool split) : PreTokenizer
{
    private readonly PatternPieces _pieces = new(PiecePattern.Exactly(mark), SplitBehavior.MergedWithNext);

    /// <exception cref="Cambium.Checkpoints.CheckpointException">A field is not valid.</exception>
    public static MetaspacePieces Parse(TokenizerJson json, JsonElement element, bool continues)
    {
        (Rune mark, PrependScheme scheme) = Fields(json, element, "pre_tokenizer");
        return new MetaspacePieces(mark.ToString(), scheme, continues, json.Bool(element, "split", true));
    }

    /// <summary>Reads the fields that pre-tokenizer and decoder share.</summary>
    public static (Rune Mark, PrependScheme Scheme) Fields(TokenizerJson json, JsonElement element, string where)
    {
        Rune mark = json.Character(element, where, "replacement", "\u2581");
        // Older files have a flag instead.
        string fallback = json.Bool(element, "add_prefix_space", true) ? "always" : "never";
        string name = json.Text(element, where, "prepend_scheme", fallback);
        return name switch
        {
            "always" => (mark, PrependScheme.Always),
            "first" => (mark, PrependScheme.First),
            "never" => (mark, PrependScheme.Never),
            _ => throw json.Unsupported($"{where}.prepend_scheme", name, "always, first, never"),
        };
    }

    public override void Split(ReadOnlySpan<char> text, bool isFirst, PieceHandler handler)
    {
        if (text.IsEmpty)
            return;
        string marked = text.ToString().Replace(" ", mark, StringComparison.Ordinal);
        bool prepends = isFirst ? scheme != PrependScheme.Never && !continues : scheme == PrependScheme.Always;
        if (prepends && !marked.StartsWith(mark, StringComparison.Ordinal))
            marked = mark + marked;
        if (split)
            _pieces.Split(marked, isFirst, handler);
        else
            handler(marked, isFirst);
    }
}
