using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>One step of the chain. It receives tokens in order, each in one or more parts.</summary>
internal abstract class DecoderStep
{
    /// <summary>Receives a part of a token.</summary>
    /// <param name="part">The part, of whole characters; may be empty.</param>
    /// <param name="last">Whether the token ends with it.</param>
    public abstract void Write(string part, bool last);

    /// <summary>Ends the sequence: there are no more tokens.</summary>
    /// <param name="keepsHalves">Whether an incomplete character at the end becomes U+FFFD; otherwise it is left out.</param>
    public abstract void End(bool keepsHalves);
}

/// <summary>The last step: collects the text.</summary>
internal sealed class CollectedText(StringBuilder text) : DecoderStep
{
    public override void Write(string part, bool last) => text.Append(part);

    public override void End(bool keepsHalves)
    {
    }
}

/// <summary>A step that buffers parts until a token is whole.</summary>
internal abstract class WholeTokens : DecoderStep
{
    private readonly StringBuilder _open = new();

    public sealed override void Write(string part, bool last)
    {
        if (last && _open.Length == 0)
        {
            Token(part);
            return;
        }

        _open.Append(part);
        if (!last)
            return;
        string token = _open.ToString();
        _open.Clear();
        Token(token);
    }

    protected abstract void Token(string token);
}

/// <summary>Changes each token by itself.</summary>
/// <param name="change">Maps a token and its index to the new text.</param>
/// <param name="next">The next step.</param>
internal sealed class ChangedTokens(Func<string, int, string> change, DecoderStep next) : WholeTokens
{
    private int _index;

    protected override void Token(string token) => next.Write(change(token, _index++), last: true);

    public override void End(bool keepsHalves) => next.End(keepsHalves);
}

/// <summary>Decodes the byte alphabet to text. Later steps see all of it as one token.</summary>
internal sealed class ByteLevelText(DecoderStep next) : WholeTokens
{
    private readonly Utf8Pieces _pieces = new();

    protected override void Token(string token) => next.Write(_pieces.Append(ByteAlphabet.Bytes(token), flush: false), last: false);

    public override void End(bool keepsHalves)
    {
        if (!keepsHalves)
            _pieces.Reset();
        next.Write(_pieces.Append([], flush: true), last: true);
        next.End(keepsHalves);
    }
}

/// <summary>
/// Decodes runs of byte tokens. In a run that is not valid UTF-8 each byte becomes U+FFFD, so the text of a run is known only at its end.
/// </summary>
internal sealed class ByteTokens(DecoderStep next) : WholeTokens
{
    private readonly List<byte> _run = [];

    // Bytes of the run that are whole characters; -1 if an invalid byte follows them.
    private int _whole;

    /// <summary>The text of the open run; empty if it is not UTF-8 so far.</summary>
    public string Pending => Text() ?? "";

    /// <summary>The character that the last byte of the open run has completed, if the run is UTF-8 so far.</summary>
    public string Tentative { get; private set; } = "";

    /// <summary>Reads a spelling such as <c>&lt;0x0A&gt;</c>.</summary>
    public static bool TryParse(string token, out byte value)
    {
        value = 0;
        if (token.Length != 6 || !token.StartsWith("<0x", StringComparison.Ordinal) || token[5] != '>')
            return false;
        // The reference implementation parses the number with an optional sign.
        ReadOnlySpan<char> digits = token[3] == '+' ? token.AsSpan(4, 1) : token.AsSpan(3, 2);
        return byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    protected override void Token(string token)
    {
        if (TryParse(token, out byte value))
        {
            _run.Add(value);
            Complete();
            return;
        }

        EndRun(keepsHalves: true);
        next.Write(token, last: true);
    }

    public override void End(bool keepsHalves)
    {
        EndRun(keepsHalves);
        next.End(keepsHalves);
    }

    private void Complete()
    {
        Tentative = "";
        if (_whole < 0)
            return;
        OperationStatus status = Rune.DecodeFromUtf8(CollectionsMarshal.AsSpan(_run)[_whole..], out Rune rune, out _);
        if (status == OperationStatus.Done)
        {
            _whole = _run.Count;
            Tentative = rune.ToString();
        }
        else if (status == OperationStatus.InvalidData)
        {
            _whole = -1;
        }
    }

    private void EndRun(bool keepsHalves)
    {
        Tentative = "";
        _whole = 0;
        if (_run.Count == 0)
            return;
        if (!keepsHalves)
            DropHalf();
        if (Text() is { } text)
        {
            next.Write(text, last: true);
        }
        else
        {
            for (int i = 0; i < _run.Count; i++)
                next.Write("\uFFFD", last: true);
        }

        _run.Clear();
    }

    private void DropHalf()
    {
        ReadOnlySpan<byte> run = CollectionsMarshal.AsSpan(_run);
        // A character has at most four bytes: at most three are missing their end.
        for (int half = 1; half < 4 && half <= run.Length; half++)
        {
            if (Rune.DecodeFromUtf8(run[^half..], out _, out int used) == OperationStatus.NeedMoreData && used == half)
            {
                _run.RemoveRange(_run.Count - half, half);
                return;
            }
        }
    }

    // Null for a run that is not UTF-8.
    private string? Text()
    {
        ReadOnlySpan<byte> run = CollectionsMarshal.AsSpan(_run);
        return Utf8.IsValid(run) ? Encoding.UTF8.GetString(run) : null;
    }
}

/// <summary>Joins all tokens: later steps see them as one.</summary>
internal sealed class FusedTokens(DecoderStep next) : DecoderStep
{
    public override void Write(string part, bool last) => next.Write(part, last: false);

    public override void End(bool keepsHalves)
    {
        next.Write("", last: true);
        next.End(keepsHalves);
    }
}

/// <summary>Replaces the space mark by a space. Drops it from the first token if encoding added one there.</summary>
internal sealed class MarkedSpaces(string mark, bool dropsFirst, DecoderStep next) : WholeTokens
{
    private bool _isFirst = true;

    protected override void Token(string token)
    {
        next.Write(token.Replace(mark, _isFirst && dropsFirst ? "" : " ", StringComparison.Ordinal), last: true);
        _isFirst = false;
    }

    public override void End(bool keepsHalves) => next.End(keepsHalves);
}

/// <summary>Strips up to a number of equal characters from the start and the end of each token.</summary>
internal sealed class StrippedTokens(Rune stripped, int start, int stop, DecoderStep next) : DecoderStep
{
    private readonly StringBuilder _kept = new();
    private int _removed;
    private bool _inside;
    private int _held;

    public override void Write(string part, bool last)
    {
        foreach (Rune rune in part.EnumerateRunes())
        {
            if (!_inside && rune == stripped && _removed < start)
            {
                _removed++;
                continue;
            }

            _inside = true;
            if (rune == stripped && _held < stop)
            {
                _held++;
                continue;
            }

            // If there are more of them than may be stripped at the end, the first ones stay.
            if (rune != stripped)
                Release();
            _kept.Append(rune.ToString());
        }

        if (last)
            (_removed, _inside, _held) = (0, false, 0);
        string kept = _kept.ToString();
        _kept.Clear();
        next.Write(kept, last);
    }

    public override void End(bool keepsHalves) => next.End(keepsHalves);

    private void Release()
    {
        for (; _held > 0; _held--)
            _kept.Append(stripped.ToString());
    }
}

/// <summary>Replaces the suffix of a token that ends a word by a space, except at the last token.</summary>
internal sealed class SuffixedTokens(string suffix, DecoderStep next) : WholeTokens
{
    private string? _held;

    protected override void Token(string token)
    {
        Release(" ");
        _held = token;
    }

    public override void End(bool keepsHalves)
    {
        Release("");
        next.End(keepsHalves);
    }

    private void Release(string replacement)
    {
        if (_held is not null)
            next.Write(suffix.Length == 0 ? _held : _held.Replace(suffix, replacement, StringComparison.Ordinal), last: true);
        _held = null;
    }
}

/// <summary>Joins tokens with spaces: the default without a decoder.</summary>
internal sealed class SpacedTokens(DecoderStep next) : WholeTokens
{
    private bool _isFirst = true;

    protected override void Token(string token)
    {
        next.Write(_isFirst ? token : " " + token, last: true);
        _isFirst = false;
    }

    public override void End(bool keepsHalves) => next.End(keepsHalves);
}

/// <summary>Joins the word pieces of BERT.</summary>
internal static class WordPieces
{
    public static string Join(string token, int index, string prefix, bool cleanup)
    {
        if (index > 0)
            token = prefix.Length > 0 && token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
        if (!cleanup)
            return token;
        return token
            .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
            .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal)
            .Replace(" n't", "n't", StringComparison.Ordinal)
            .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
            .Replace(" 's", "'s", StringComparison.Ordinal)
            .Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);
    }
}
