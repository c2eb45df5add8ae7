namespace Cambium.Compiler.Emit;

/// <summary>Breaks long lines of C# where a reader would: at the outermost list or operator that gives a first line of the wanted width.</summary>
internal static class LineWrapping
{
    private const string Continuation = "    ";

    /// <param name="width">A line without a place to break can be longer.</param>
    public static IEnumerable<string> Split(string line, int width)
    {
        if (line.Length <= width)
            return [line];
        var slashes = line.StartsWith("//", StringComparison.Ordinal) ? line.Substring(0, line.TakeWhile(static c => c == '/').Count()) + " " : null;
        return slashes is not null ? Comment(line, slashes, width) : Code(line, width);
    }

    private static IEnumerable<string> Comment(string line, string slashes, int width)
    {
        while (line.Length > width)
        {
            var space = line.LastIndexOf(' ', width);
            if (space < slashes.Length)
                break;
            yield return line.Substring(0, space);
            line = slashes + line.Substring(space + 1);
        }

        yield return line;
    }

    private static IEnumerable<string> Code(string line, int width)
    {
        var indent = "";
        while (line.Length > width && Break(line, indent.Length, width) is { } at)
        {
            yield return line.Substring(0, at).TrimEnd();
            indent = Continuation;
            line = indent + line.Substring(at).TrimStart();
        }

        yield return line;
    }

    /// <summary>The last place of the outermost nesting that is inside of the width; null for none.</summary>
    private static int? Break(string line, int begin, int width)
    {
        (int At, int Depth)? best = null;
        var (depth, isText) = (0, false);
        for (var i = begin; i < line.Length && i <= width; i++)
        {
            var c = line[i];
            if (isText)
            {
                if (c == '\\')
                    i++;
                else if (c == '"')
                    isText = false;
                continue;
            }

            isText = c == '"';
            depth += c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
            if (c != ' ' || i <= begin || (best is { } known && known.Depth < depth))
                continue;
            var isAfter = line[i - 1] == ',' || (i > 1 && line[i - 2] == '=' && line[i - 1] == '>');
            var isBefore = i + 2 < line.Length && line[i + 2] == ' ' && line[i + 1] is '+' or '-' or '*' or '/' or '?' or ':';
            var isBeforeLogical = i + 3 < line.Length && line[i + 3] == ' ' && (line[i + 1], line[i + 2]) is ('&', '&') or ('|', '|');
            if (isAfter || isBefore || isBeforeLogical)
                best = (i, depth);
        }

        return best?.At;
    }
}
