using System.Globalization;
using System.Text;

namespace Cambium.Compiler.Emit;

/// <summary>Writes indented lines. Lines end with <c>\n</c> on every machine.</summary>
/// <param name="maxWidth">Longer lines are wrapped.</param>
public sealed class CodeWriter(int maxWidth = 150)
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
        foreach (var part in LineWrapping.Split(line, maxWidth - (_depth * 4)))
        {
            if (part.Length > 0)
                _text.Append(' ', _depth * 4).Append(part);
            _text.Append('\n');
        }
    }

    /// <summary>Writes a comment. Its text can contain names and strings of a package, so characters that end a line become spaces.</summary>
    public void Remark(string text) =>
        Line(("// " + new string([.. text.Select(static c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)])).TrimEnd());

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
