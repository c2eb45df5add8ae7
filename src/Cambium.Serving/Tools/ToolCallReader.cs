using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>
/// Separates tool calls from text while an answer is streamed. Text that may be the start of a call is held back until this is decided; if it is not
/// a call, it is returned as text.
/// </summary>
/// <param name="hasBegun">Whether the answer starts inside a call.</param>
internal sealed class ToolCallReader(ToolFormat format, bool hasBegun) : AnswerReader
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    private readonly string _begin = format.HasOptionalMark ? "" : format.Begin.Trim();
    private readonly StringBuilder _held = new();
    private bool _isInside = hasBegun;
    private bool _isPlain;

    // The opening mark that was removed from the answer.
    private string _mark = "";

    // The closing mark does not start before this index of the held text.
    private int _looked;

    public override bool IsMark(string name) => format.Begin.Contains(name, StringComparison.Ordinal)
        || format.End.Contains(name, StringComparison.Ordinal)
        || format.Separator?.Contains(name, StringComparison.Ordinal) == true
        || (format.MayHaveNameOutside && ToolFormat.NameMarks.Contains(name));

    public override List<AIContent> Append(string piece)
    {
        var contents = new List<AIContent>();
        _held.Append(piece);
        while (_held.Length > 0 && (_isInside ? End(contents) : Begin(contents)))
        {
        }

        return contents;
    }

    public override List<AIContent> Finish()
    {
        var contents = new List<AIContent>();
        var rest = _held.ToString();
        _held.Clear();
        if (_isInside && Calls(rest) is { } calls)
            contents.AddRange(calls);
        else
            AddText(contents, _isInside ? _mark + rest : rest);
        return contents;
    }

    // Outside a call: looks for the opening mark.
    private bool Begin(List<AIContent> contents)
    {
        var text = _held.ToString();
        if (_begin.Length == 0)
        {
            // Without an opening mark, the whole answer is either a call or text.
            var first = text.AsSpan().TrimStart();
            if (_mark.Length == 0 && !_isPlain && first.StartsWith(ToolFormat.PythonTag, StringComparison.Ordinal))
            {
                _mark = text[..(text.Length - first.Length + ToolFormat.PythonTag.Length)];
                _held.Remove(0, _mark.Length);
                _isInside = true;
                return false;
            }

            if (first.IsEmpty || (!_isPlain && ToolFormat.PythonTag.AsSpan().StartsWith(first, StringComparison.Ordinal)))
                return false;
            _isInside = !_isPlain && first[0] is '{' or '[';
            _isPlain |= !_isInside;
            if (_isPlain)
                Release(text.Length, contents);
            return false;
        }

        var at = text.IndexOf(_begin, StringComparison.Ordinal);
        if (at >= 0)
        {
            Release(at, contents);
            _held.Remove(0, _begin.Length);
            (_isInside, _mark) = (true, _begin);
            return true;
        }

        Release(text.Length - HeldLength(text, _begin), contents);
        return false;
    }

    // Inside a call: looks for the closing mark. It may also occur inside an argument, so the text before it must be a valid call.
    private bool End(List<AIContent> contents)
    {
        if (format.End.Length == 0)
            return false;
        // Only new text can complete the mark, so that a long call is not searched again for each token.
        var (begin, text) = (_looked, _held.ToString(_looked, _held.Length - _looked));
        for (var found = 0; (found = text.IndexOf(format.End, found, StringComparison.Ordinal)) >= 0; found++)
        {
            var at = begin + found;
            _looked = at + 1;
            if (Calls(_held.ToString(0, at)) is not { } calls)
                continue;
            contents.AddRange(calls);
            _held.Remove(0, at + format.End.Length);
            (_isInside, _looked) = (false, 0);
            return true;
        }

        _looked = Math.Max(_looked, _held.Length - format.End.Length + 1);
        return false;
    }

    private void Release(int length, List<AIContent> contents)
    {
        AddText(contents, _held.ToString(0, length));
        _held.Remove(0, length);
    }

    // White space between calls is part of the format, not of the answer.
    private void AddText(List<AIContent> contents, string text)
    {
        if (text.Length > 0 && !(HasCalls && string.IsNullOrWhiteSpace(text)))
            contents.Add(new TextContent(text));
    }

    private List<AIContent>? Calls(string text)
    {
        var calls = new List<AIContent>();
        while (Next(text) is { Length: > 0 } rest)
        {
            if (format.MayHaveNameOutside && rest[0] is not ('{' or '['))
            {
                if (NamedCall(rest, out var read) is not { } named)
                    return null;
                calls.Add(named);
                text = rest[read..];
                continue;
            }

            if (!JsonPrefix.TryRead(rest, out var value, out var length))
                return null;
            foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : Enumerable.Repeat(value, 1))
            {
                if (ToolCalls.Of(item) is not { } call)
                    return null;
                calls.Add(call);
            }

            text = rest[length..];
        }

        HasCalls |= calls.Count > 0;
        return calls.Count > 0 ? calls : null;
    }

    // Several calls may follow each other without a closing mark, each with an opening mark.
    private string Next(string text)
    {
        text = text.TrimStart([' ', '\t', '\r', '\n', ';', ',']);
        return _begin.Length > 0 && text.StartsWith(_begin, StringComparison.Ordinal) ? text[_begin.Length..].TrimStart() : text;
    }

    // name[ARGS]{..}, or name[CALL_ID]id[ARGS]{..}.
    private FunctionCallContent? NamedCall(string text, out int length)
    {
        length = 0;
        var at = text.IndexOf('{', StringComparison.Ordinal);
        if (at < 0 || !JsonPrefix.TryRead(text[at..], out _, out var read))
            return null;
        var head = text[..at];
        var end = head.AsSpan().IndexOfAnyExcept(NameCharacters);
        if (end <= 0)
            return null;
        var (name, between) = (head[..end], head[end..].Trim());
        string? id = null;
        if (between.StartsWith(ToolFormat.IdMark, StringComparison.Ordinal) && between.EndsWith(ToolFormat.ArgumentsMark, StringComparison.Ordinal))
            id = between[ToolFormat.IdMark.Length..^ToolFormat.ArgumentsMark.Length];
        else if (between != format.Separator?.Trim() && between != ToolFormat.ArgumentsMark)
            return null;
        length = at + read;
        return ToolCalls.WithArguments(name, id, text[at..length]);
    }
}
