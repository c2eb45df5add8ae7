using System.Globalization;
using System.Text;
using Cambium.Runtime;

namespace Prefixes;

/// <summary>The answers, and whether they are those that were expected.</summary>
internal sealed class Table
{
    private readonly List<(string Path, string Answer, int Cached, bool IsAsAlone)> _rows = [];

    /// <summary>Each answer equals the one alone, and the registers are read: red in the north, green in the south.</summary>
    public bool IsAsExpected => _rows.TrueForAll(static row => row.IsAsAlone
        && (row.Path != "towns:town=north" || row.Answer == "red")
        && (row.Path is not ("towns:town=south" or "south") || row.Answer == "green"));

    public void Add(Request request, Completion answer, bool isAsAlone) => _rows.Add((
        request.Prefixes.Count == 0 ? "nothing" : string.Join(" + ", request.Prefixes), answer.Text.Trim(), answer.Usage.CachedTokens, isAsAlone));

    public override string ToString()
    {
        var text = new StringBuilder("What color is the boat of Mia?\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{"stands on",-28} {"answer",-10} {"cached",6}  as alone\n");
        foreach (var (path, answer, cached, isAsAlone) in _rows)
            text.Append(CultureInfo.InvariantCulture, $"{path,-28} {answer,-10} {cached,6}  {(isAsAlone ? "yes" : "NO")}\n");
        return text.ToString();
    }
}
