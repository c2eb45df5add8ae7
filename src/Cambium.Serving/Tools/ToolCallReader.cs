using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>Tells calls of tools from text while an answer comes. What may be the beginning of a call is held back until that is decided; what turns out to be none is text after all.</summary>
/// <param name="hasBegun">Whether the answer begins inside of a call.</param>
internal sealed class ToolCallReader(ToolFormat format, bool hasBegun)
{
    private readonly string _begin = format.Begin.Trim();
    private readonly StringBuilder _held = new();
    private bool _isInside = hasBegun;
    private bool _isMarked;
    private bool _isPlain;

    // No end of a call begins before this place of what is held.
    private int _looked;

    /// <summary>Whether a call has come.</summary>
    public bool HasCalls { get; private set; }

    /// <summary>Takes the next piece of the answer; gives what is certain now.</summary>
    public List<AIContent> Append(string piece)
    {
        var contents = new List<AIContent>();
        _held.Append(piece);
        while (_held.Length > 0 && (_isInside ? End(contents) : Begin(contents)))
        {
        }

        return contents;
    }

    /// <summary>Gives what was held back, when nothing more comes.</summary>
    public List<AIContent> Finish()
    {
        var contents = new List<AIContent>();
        var rest = _held.ToString();
        _held.Clear();
        if (_isInside && Calls(rest) is { } calls)
            contents.AddRange(calls);
        else
            Say(contents, _isInside && _isMarked ? _begin + rest : rest);
        return contents;
    }

    // Outside: whether a call begins here.
    private bool Begin(List<AIContent> contents)
    {
        var text = _held.ToString();
        if (_begin.Length == 0)
        {
            // Without a mark the answer as a whole is a call or it is none.
            var first = text.AsSpan().TrimStart();
            if (first.IsEmpty)
                return false;
            _isInside = !_isPlain && first[0] is '{' or '[';
            _isPlain |= !_isInside;
            if (_isPlain)
                Let(text.Length, contents);
            return false;
        }

        var at = text.IndexOf(_begin, StringComparison.Ordinal);
        if (at >= 0)
        {
            Let(at, contents);
            _held.Remove(0, _begin.Length);
            _isInside = _isMarked = true;
            return true;
        }

        var held = Math.Min(_begin.Length - 1, text.Length);
        while (held > 0 && !text.EndsWith(_begin[..held], StringComparison.Ordinal))
            held--;
        Let(text.Length - held, contents);
        return false;
    }

    // Inside: whether the call ends here. The mark may stand in an argument, too.
    private bool End(List<AIContent> contents)
    {
        if (format.End.Length == 0)
            return false;
        var text = _held.ToString();
        for (var at = text.IndexOf(format.End, _looked, StringComparison.Ordinal); at >= 0; at = text.IndexOf(format.End, _looked, StringComparison.Ordinal))
        {
            _looked = at + 1;
            if (Calls(text[..at]) is not { } calls)
                continue;
            contents.AddRange(calls);
            _held.Remove(0, at + format.End.Length);
            (_isInside, _looked) = (false, 0);
            return true;
        }

        _looked = Math.Max(_looked, text.Length - format.End.Length + 1);
        return false;
    }

    private void Let(int length, List<AIContent> contents)
    {
        Say(contents, _held.ToString(0, length));
        _held.Remove(0, length);
    }

    // Between calls there is white space that nobody said.
    private void Say(List<AIContent> contents, string text)
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
            // Half of a surrogate pair, which JSON can spell and no text has.
            return null;
        }
    }

    private static FunctionCallContent? Read(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            return null;
        var given = ToolFormat.ArgumentNames.Select(key => call.TryGetProperty(key, out var value) ? value : default).FirstOrDefault(static value => value.ValueKind != JsonValueKind.Undefined);
        // Some models write them as text that is JSON.
        if (given.ValueKind == JsonValueKind.String && JsonPrefix.TryRead(given.GetString()!, out var inner, out _))
            given = inner;
        if (given.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null))
            return null;
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var argument in given.ValueKind == JsonValueKind.Object ? given.EnumerateObject() : default)
            arguments[argument.Name] = argument.Value;
        var id = call.TryGetProperty("id", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString()! : Guid.NewGuid().ToString("N")[..9];
        return new FunctionCallContent(id, name.GetString()!, arguments);
    }
}
