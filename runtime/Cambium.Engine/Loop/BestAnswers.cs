namespace Cambium.Runtime;

/// <summary>Holds the answers of a request until all have ended, then selects those with the largest mean log probability of their tokens.</summary>
/// <param name="request">Says how many are wanted.</param>
/// <param name="count">Answers that are generated.</param>
internal sealed class BestAnswers(Request request, int count)
{
    private readonly List<GeneratedToken>[] _answers = [.. Enumerable.Range(0, count).Select(static _ => new List<GeneratedToken>())];

    public void Add(int answer, in GeneratedToken token) => _answers[answer].Add(token);

    /// <summary>The tokens of the best answers, the best first; of equal ones the earlier first.</summary>
    public IEnumerable<GeneratedToken> Select()
    {
        // Log probabilities of the prompt come with the first token of the first answer, whichever is the best.
        var prompt = _answers[0][0].PromptLogProbabilities;
        var best = _answers.OrderByDescending(MeanLogProbability).Take(request.Count);
        return best.SelectMany((answer, place) => answer.Select((token, i) => token with
        {
            Fork = place,
            OthersFollow = token.Finish != FinishReason.None && place + 1 < request.Count,
            PromptLogProbabilities = place == 0 && i == 0 ? prompt : null,
            LogProbabilities = request.LogProbabilities is null ? null : token.LogProbabilities,
        }));
    }

    private static double MeanLogProbability(List<GeneratedToken> answer) =>
        answer.Average(static token => (double)token.LogProbabilities!.Chosen.LogProbability);
}
