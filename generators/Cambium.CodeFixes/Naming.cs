using System.Text;

namespace Cambium.CodeFixes;

/// <summary>Guesses names.</summary>
internal static class Naming
{
    /// <summary>The spelling of <c>HeadDim</c> in checkpoints and configs: <c>head_dim</c>.</summary>
    public static string Snake(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>The names that a misspelled name can stand for, the most similar first.</summary>
    public static IEnumerable<string> Nearest(string name, IEnumerable<string> candidates) => candidates
        .Where(candidate => candidate != name)
        .Select(candidate => (Name: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
        .Where(candidate => candidate.Distance <= Math.Max(1, name.Length / 3))
        .OrderBy(static candidate => candidate.Distance).ThenBy(static candidate => candidate.Name, StringComparer.Ordinal)
        .Select(static candidate => candidate.Name)
        .Take(3);

    /// <summary>Levenshtein distance: insertions, deletions and replacements.</summary>
    public static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
