using System.Runtime.InteropServices;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>
/// The answers to one request that wants several. Each is a sequence of its own; their prompt is common because the tree has it once. What they write goes to the request's sink with the
/// number of the answer, at once or, where only the best are wanted, when all have ended.
/// </summary>
internal sealed class Forks
{
    private readonly ITokenSink _sink;
    private readonly int _wanted;
    private readonly List<GeneratedToken>[]? _held;
    private int _running;
    private bool _failed;

    /// <param name="sink">The request's.</param>
    /// <param name="count">Answers that are generated.</param>
    /// <param name="wanted">Answers that are given.</param>
    public Forks(ITokenSink sink, int count, int wanted)
    {
        _sink = sink;
        _wanted = wanted;
        _running = count;
        Members = new Generation[count];
        if (wanted < count)
            _held = [.. Enumerable.Range(0, count).Select(static _ => new List<GeneratedToken>())];
    }

    public Generation[] Members { get; }

    /// <summary>The request's number: that of the first answer.</summary>
    public long Number => Members[0].Number;

    /// <summary>Whether all answers have ended.</summary>
    public bool IsDone => _running == 0 || _failed;

    /// <summary>The place where the tokens of one answer go.</summary>
    public ITokenSink SinkOf(int fork) => new Sink(this, fork);

    private void Next(int fork, in GeneratedToken token)
    {
        if (token.Finish != FinishReason.None)
            _running--;
        if (_held is null)
        {
            _sink.Next(token with { Fork = fork, OthersFollow = _running > 0 });
            return;
        }

        _held[fork].Add(token);
        if (_running == 0)
            GiveBest(_held);
    }

    // The first of equals comes first.
    private void GiveBest(List<GeneratedToken>[] held)
    {
        var best = Enumerable.Range(0, held.Length).OrderByDescending(fork => held[fork].Average(static token => (double)token.LogProbabilities!.Chosen.LogProbability)).Take(_wanted).ToArray();
        var prompt = held[0][0].PromptLogProbabilities;
        for (var place = 0; place < best.Length; place++)
        {
            var answer = CollectionsMarshal.AsSpan(held[best[place]]);
            for (var i = 0; i < answer.Length; i++)
            {
                _sink.Next(answer[i] with
                {
                    Fork = place,
                    OthersFollow = place + 1 < best.Length,
                    PromptLogProbabilities = place == 0 && i == 0 ? prompt : null,
                    LogProbabilities = Members[0].Request.LogProbabilities is null ? null : answer[i].LogProbabilities,
                });
            }
        }
    }

    private void Fail(Exception reason)
    {
        if (_failed)
            return;
        _failed = true;
        _sink.Fail(reason);
    }

    private sealed class Sink(Forks forks, int fork) : ITokenSink
    {
        public bool Ready => forks._sink.Ready;

        public void Next(in GeneratedToken token) => forks.Next(fork, token);

        public void Fail(Exception reason) => forks.Fail(reason);
    }
}
