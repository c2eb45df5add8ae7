using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

// Requests that want several answers.
public sealed partial class EngineLoop
{
    /// <summary>Answers of one request.</summary>
    private const int MaxForks = 1024;

    private readonly Dictionary<long, Forks> _forks = [];

    // One sequence for each answer; the first carries the others along.
    private static Generation Fork(Request request, ITokenSink sink, int[] tokens, Func<ITokenSink, int[], Generation> prepare)
    {
        var count = request.BestOf ?? request.Count;
        if (count == 1)
            return prepare(sink, tokens);
        var forks = new Forks(sink, count, request.Count);
        for (var i = 0; i < count; i++)
        {
            var member = prepare(forks.SinkOf(i), i == 0 ? tokens : [.. tokens]);
            member.Forks = forks;
            forks.Members[i] = member;
            if (i == 0)
                continue;
            // The first answer's results are the prompt's for all of them.
            member.PromptLogProbabilities = null;
            member.WantsAllRows = false;
        }

        return forks.Members[0];
    }

    private static void CheckForks(Request request)
    {
        if (request.Count is < 1 or > MaxForks)
            throw new RequestRefusedException($"Count is {request.Count}; it must be from 1 to {MaxForks}.");
        if (request.BestOf is { } best && (best < request.Count || best > MaxForks))
            throw new RequestRefusedException($"BestOf is {best}; it must be at least Count, {request.Count}, and at most {MaxForks}.");
        if (request.Observer is not null && (request.BestOf ?? request.Count) > 1)
            throw new RequestRefusedException("An observer sees one sequence, and the request wants several answers; leave one out.");
    }

    private void AddForks(Forks forks)
    {
        var seed = forks.Members[0].Seed;
        _forks.Add(forks.Number, forks);
        for (var i = 1; i < forks.Members.Length; i++)
        {
            Enter(forks.Members[i]);
            forks.Members[i].Seed = SamplingOptions.ForkSeed(seed, i);
        }
    }

    /// <summary>Takes out every answer of a request that is still running.</summary>
    private int Withdraw(Forks forks)
    {
        var running = 0;
        foreach (var member in forks.Members)
        {
            if (!_generations.Remove(member.Number))
                continue;
            _scheduler.Remove(member);
            running++;
        }

        _forks.Remove(forks.Number);
        return running;
    }
}
