using System.Globalization;
using System.Text;
using Cambium.Runtime;
using Cambium.Runtime.Sampling;
using Cambium.Text;

namespace Cambium.Cli.Answers;

/// <summary>One line per token: its log probability and those of the most likely tokens at its position.</summary>
internal sealed class LikelihoodTable(Tokenizer tokenizer)
{
    private readonly SortedDictionary<int, StringBuilder> _answers = [];

    public void Add(in GeneratedToken token)
    {
        if (token.LogProbabilities is not { } likelihood)
            return;
        if (!_answers.TryGetValue(token.Fork, out var lines))
            _answers[token.Fork] = lines = new StringBuilder();
        lines.Append(Spell(likelihood.Chosen));
        if (likelihood.Top.Count > 0)
            lines.Append("  of  ").AppendJoin("  ", likelihood.Top.Select(Spell));
        lines.AppendLine();
    }

    public override string ToString() => string.Concat(_answers.Values);

    private string Spell(TokenScore score)
    {
        var text = tokenizer.IsSpecial(score.Token) ? tokenizer.TokenOf(score.Token) : Escaped(tokenizer.Decode([score.Token]));
        return string.Create(CultureInfo.InvariantCulture, $"{score.LogProbability,8:0.0000} \"{text}\"");
    }

    private static string Escaped(string text) => text.Replace("\\", "\\\\").Replace("\"", "\\\"").ReplaceLineEndings("\\n");
}
