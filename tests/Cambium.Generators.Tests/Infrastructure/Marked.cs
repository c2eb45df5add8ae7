using System.Text;

namespace Cambium.Generators.Tests;

/// <summary>
/// Source with marked diagnostics: <c>{|CMB010:if|} (x)</c>. A marker without text, <c>{|CMB003:|}</c>, is not allowed.
/// </summary>
internal sealed record Marked(string Text, IReadOnlyList<Expected> Expected)
{
    public static Marked Parse(string marked)
    {
        var text = new StringBuilder();
        var open = new Stack<(string Code, int Start)>();
        var expected = new List<Expected>();
        for (var i = 0; i < marked.Length; i++)
        {
            if (marked.AsSpan(i).StartsWith("{|"))
            {
                var colon = marked.IndexOf(':', i);
                open.Push((marked[(i + 2)..colon], text.Length));
                i = colon;
            }
            else if (open.Count > 0 && marked.AsSpan(i).StartsWith("|}"))
            {
                var (code, start) = open.Pop();
                expected.Add(new Expected(code, start, text.ToString(start, text.Length - start)));
                i++;
            }
            else
            {
                text.Append(marked[i]);
            }
        }

        return new Marked(text.ToString(), [.. expected.OrderBy(static item => item.Start).ThenBy(static item => item.Code, StringComparer.Ordinal)]);
    }
}

/// <summary>A diagnostic and the text that it must underline.</summary>
internal sealed record Expected(string Code, int Start, string Text);
