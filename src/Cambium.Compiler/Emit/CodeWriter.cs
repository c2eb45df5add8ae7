using System.Globalization;
using System.Text;

namespace Cambium.Compiler.Emit;

/// <summary>Writes indented lines. Lines end with <c>\n</c> on every machine.</summary>
public sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _isAfterBlock;

    public void Line(string line = "")
    {
        // An empty line between a block and the next statement.
        if (_isAfterBlock && line.Length > 0 && line[0] != '}' && line != "else" && line != "catch" && line != "default:"
            && !line.StartsWith("case ", StringComparison.Ordinal))
            _text.Append('\n');
        _isAfterBlock = false;
        if (line.Length > 0)
            _text.Append(' ', _depth * 4).Append(line);
        _text.Append('\n');
    }

    /// <summary>Writes a header and an opening brace; disposing of the result writes the closing one.</summary>
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

    /// <summary>A switch over the numbers from 0 on; a single case needs no switch.</summary>
    /// <param name="body">Writes the statements of a case.</param>
    public void Switch(string value, int count, Action<int> body)
    {
        if (count == 1)
        {
            body(0);
            return;
        }

        using (Block($"switch ({value})"))
        {
            for (var i = 0; i < count; i++)
            {
                Line(i < count - 1 ? $"case {i.ToString(CultureInfo.InvariantCulture)}:" : "default:");
                using (Indent())
                {
                    body(i);
                    Line("break;");
                }
            }
        }
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
                writer._isAfterBlock = end == "}";
            }
        }
    }
}
