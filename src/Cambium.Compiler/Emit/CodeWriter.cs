using System.Text;

namespace Cambium.Compiler.Emit;

/// <summary>Indented lines with <c>\n</c> ends, whatever the machine.</summary>
public sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _isBehindBlock;

    public void Line(string line = "")
    {
        // A block's end stands off from the statement that follows it.
        if (_isBehindBlock && line.Length > 0 && line[0] != '}' && line != "else" && line != "catch" && line != "default:" && !line.StartsWith("case ", StringComparison.Ordinal))
            _text.Append('\n');
        _isBehindBlock = false;
        if (line.Length > 0)
            _text.Append(' ', _depth * 4).Append(line);
        _text.Append('\n');
    }

    /// <summary>Writes a header and braces around what follows until the result is disposed of.</summary>
    public IDisposable Block(string? header, string end = "}", string begin = "{")
    {
        if (header is not null)
            Line(header);
        Line(begin);
        _depth++;
        return new End(this, end);
    }

    /// <summary>Lines under a header, one level deeper.</summary>
    public IDisposable Indent()
    {
        _depth++;
        return new End(this, null);
    }

    public override string ToString() => _text.ToString();

    private sealed class End(CodeWriter writer, string? end) : IDisposable
    {
        public void Dispose()
        {
            writer._depth--;
            if (end is not null)
            {
                writer.Line(end);
                writer._isBehindBlock = end == "}";
            }
        }
    }
}
