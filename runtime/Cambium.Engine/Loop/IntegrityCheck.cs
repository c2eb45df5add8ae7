using Cambium.Runtime.Cache;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime;

/// <summary>Compares the counts of the parts of a loop with each other.</summary>
internal sealed class IntegrityCheck(PrefixTree tree, Scheduler<Generation> scheduler, PinBoard pins, ActiveRequests requests)
{
    /// <exception cref="InvalidOperationException">Numbers disagree; the message has them.</exception>
    public void Run()
    {
        tree.CheckIntegrity();
        foreach (var sequence in scheduler.Running)
            Check(sequence);
        if (scheduler.Running.Count == 0 && pins.Count == 0 && tree.PagesInUse != 0)
            throw new InvalidOperationException($"No sequence runs and {tree.PagesInUse} chunks are in use.");
        if (scheduler.Running.Count + scheduler.Waiting.Count != requests.Count)
        {
            throw new InvalidOperationException(
                $"{scheduler.Running.Count} running and {scheduler.Waiting.Count} waiting sequences for {requests.Count} requests.");
        }
    }

    private void Check(Sequence sequence)
    {
        var path = sequence.Path.Plus(sequence.Rows);
        var found = tree.LengthOf(sequence.Tail);
        if (found != path)
            throw new InvalidOperationException($"Request {sequence.Number} counts {path}, and its path in the tree has {found}.");
        if (path.Tokens > sequence.Length)
            throw new InvalidOperationException($"Request {sequence.Number} has computed {path.Tokens} of {sequence.Length} tokens.");
    }
}
