using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>
/// Separates tool calls from text while an answer is streamed. Text that may be the start of a call is held back until this is decided; if it is not
/// a call, it is returned as text.
/// </summary>
/// <param name="hasBegun">Whether the answer starts inside a call.</param>
internal sealed class ToolCallReader(ToolFormat format, bool hasBegun)
{
    private readonly string _begin = format.Begin.Trim();
    private readonly StringBuilder _held = new();
    private bool _isInside = hasBegun;
    private bool _isMarked;
    private bool _isPlain;

    // The closing mark does not start before this index of the held text.
    private int _looked;

    /// <summary>Whether a call was read.</summary>
    public bool HasCalls { get; private set; }

    /// <summary>Adds the next piece of the answer and returns the contents that are decided.</summary>
    public List<AIContent> Append(string piece)
    {
        var contents = new List<AIContent>();
        _held.Append(piece);
        while (_held.Length > 0 && (_isInside ? End(contents) : Begin(contents)))
        {
        }

        return contents;
    }

    /// <summary>Returns the text held back, at the end of the answer.</summary>
    public List<AIContent> Finish()
    {
        var contents = new List<AIContent>();
        var rest = _held.ToString();
        _held.Clear();
        if (_isInside && Calls(rest) is { } calls)
            contents.AddRange(calls);
        else
            AddText(contents, _isInside && _isMarked ? _begin + rest : rest);
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
            if (first.IsEmpty)
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
            _isInside = _isMarked = true;
            return true;
        }

        var held = Math.Min(_begin.Length - 1, text.Length);
        while (held > 0 && !text.EndsWith(_begin[..held], StringComparison.Ordinal))
            held--;
        Release(text.Length - held, contents);
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
        while (text.AsSpan().TrimStart(" \t\r\n;,") is { IsEmpty: false } rest)
        {
            if (!JsonPrefix.TryRead(rest.ToString(), out var value, out var length))
                return null;
            foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : Enumerable.Repeat(value, 1))
            {
                if (Call(item) is not { } call)
                    return null;
                calls.Add(call);
            }

            text = rest[length..].ToString();
        }

        HasCalls |= calls.Count > 0;
        return calls.Count > 0 ? calls : null;
    }

    private static FunctionCallContent? Call(JsonElement call)
    {
        try
        {
            return Read(call);
        }
        catch (InvalidOperationException)
        {
            // GetString fails on half of a surrogate pair, which is valid in JSON escapes but not in text.
            return null;
        }
    }

    private static FunctionCallContent? Read(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            return null;
        var given = ToolFormat.ArgumentNames.Select(key => call.TryGetProperty(key, out var value) ? value : default)
            .FirstOrDefault(static value => value.ValueKind != JsonValueKind.Undefined);
        // Some models write the arguments as a string that contains JSON.
        if (given.ValueKind == JsonValueKind.String && JsonPrefix.TryRead(given.GetString()!, out var inner, out _))
            given = inner;
        if (given.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null))
            return null;
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var argument in given.ValueKind == JsonValueKind.Object ? given.EnumerateObject() : default)
            arguments[argument.Name] = argument.Value;
        var hasId = call.TryGetProperty("id", out var own) && own.ValueKind == JsonValueKind.String;
        var id = hasId ? own.GetString()! : Guid.NewGuid().ToString("N")[..9];
        return new FunctionCallContent(id, name.GetString()!, arguments);
    }
}
