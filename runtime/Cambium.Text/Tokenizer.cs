using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>Turns text into token ids and back, as a checkpoint's <c>tokenizer.json</c> defines it. Thread-safe.</summary>
public abstract class Tokenizer
{
    /// <summary>One more than the largest id.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>
    /// Reads a <c>tokenizer.json</c>, and from <c>tokenizer_config.json</c> in the same folder, if there is one, which tokens are special and which
    /// are added around a text.
    /// </summary>
    /// <exception cref="CheckpointException">A file cannot be read, or has a part that is not supported; the message names it.</exception>
    public static Tokenizer Load(string path) =>
        new PipelineTokenizer(TokenizerJson.Load(path), TokenizerConfig.TryLoad(Path.GetDirectoryName(Path.GetFullPath(path))!));

    /// <summary>Reads <c>tokenizer.json</c> in a checkpoint's folder, or the tokenizer in a GGUF file; null if there is none.</summary>
    /// <inheritdoc cref="Load"/>
    public static Tokenizer? TryLoad(string folder)
    {
        if (File.Exists(folder))
            return TokenizerJson.TryLoadGguf(folder) is { } json ? new PipelineTokenizer(json) : null;
        string path = Path.Combine(folder, "tokenizer.json");
        return File.Exists(path) ? Load(path) : null;
    }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecial">Whether the tokenizer's template adds its special tokens, such as BOS.</param>
    /// <param name="parseSpecial">
    /// Whether names of special tokens in the text become those tokens, as in the reference implementation: right for prompts that a program wrote.
    /// By default they are plain text, which is right for untrusted input. Added tokens that are not special are found in both cases.
    /// </param>
    /// <exception cref="CheckpointException">The tokenizer has no token for a character of the text and no unknown token.</exception>
    public abstract int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false);

    /// <summary>
    /// The ids of a text that continues another one, without special tokens of the template and without the space that some tokenizers add before the
    /// first word: the ids of the other text and these are decoded to both texts.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <param name="parseSpecial">As for <see cref="Encode"/>.</param>
    /// <exception cref="CheckpointException">As for <see cref="Encode"/>.</exception>
    public virtual int[] EncodeContinuation(string text, bool parseSpecial = false) => Encode(text, addSpecial: false, parseSpecial);

    /// <summary>The text of ids. Ids outside the vocabulary are left out; bytes that are not valid UTF-8 become U+FFFD.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var stream = new TextStream(this, skipSpecial);
        var text = new System.Text.StringBuilder();
        foreach (int id in ids)
            text.Append(stream.Append(id));
        return text.Append(stream.Flush()).ToString();
    }

    /// <summary>The bytes of a token within a text, not always whole characters; empty for an id outside the vocabulary.</summary>
    public abstract ReadOnlySpan<byte> Bytes(int id);

    /// <summary>Whether a token is a control token, such as EOS, and not text.</summary>
    public abstract bool IsSpecial(int id);

    /// <summary>The id of a token by its exact spelling in the file, or null.</summary>
    public abstract int? IdOf(string token);

    /// <summary>The spelling of a token in the file, or null for an id outside the vocabulary.</summary>
    public abstract string? TokenOf(int id);

    /// <summary>The ids of a text with special tokens parsed, except those whose name contains a mark. The marks are removed.</summary>
    internal virtual int[] EncodeMarked(string text, char mark) =>
        Encode(text.Replace(mark.ToString(), "", StringComparison.Ordinal), addSpecial: false);

    /// <summary>Whether normalization makes the name of a special token of a text, as it does of <c>&lt;PAD&gt;</c> in lower case.</summary>
    internal virtual bool NormalizesToSpecial(string text) => false;

    /// <summary>Starts to decode one text. By default a text is the UTF-8 of its tokens' bytes.</summary>
    internal virtual TokenDecoding StartDecoding() => new ByteDecoding(this);
}
