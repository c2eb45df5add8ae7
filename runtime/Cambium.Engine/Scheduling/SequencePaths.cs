using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Moves sequences along the tree. The only class that changes <see cref="Sequence.Tail"/>, <see cref="Sequence.Path"/> and
/// <see cref="Sequence.Rows"/>.
/// </summary>
/// <param name="tree">The KV cache.</param>
internal sealed class SequencePaths(PrefixTree tree)
{
    /// <summary>Puts a sequence at its root, below the contents that it begins with, and moves it over the cached chunks of its tokens.</summary>
    public void Enter(Sequence sequence)
    {
        sequence.Tail = tree.Enter(sequence.Key);
        foreach (var content in sequence.Contents)
            tree.Attach(ref sequence.Tail, content);
        sequence.Path = tree.LengthOf(sequence.Tail);
        if (!sequence.WantsAllRows)
            Follow(sequence);
    }

    /// <summary>Tokens of a sequence that are cached in whole chunks.</summary>
    public int CachedTokens(Sequence sequence) => tree.Probe(sequence.Key, sequence.Contents, sequence.Tokens.AsSpan(0, sequence.Length - 1));

    /// <summary>Extends the path of a sequence with tokens that other sequences have computed since its last step.</summary>
    /// <returns>False if another sequence is about to compute the next tokens, so that it pays to wait for the next step.</returns>
    public bool CatchUp(Sequence sequence)
    {
        Follow(sequence);
        var joined = tree.Join(ref sequence.Tail, sequence.Cacheable, sequence.Place, out var pending);
        sequence.Path = sequence.Path.Plus(joined);
        return !pending;
    }

    /// <summary>Places the next tokens in the tree, for the coming step.</summary>
    /// <returns>Tokens placed; fewer than <paramref name="count"/> if the pool has no page left.</returns>
    public int Place(Sequence sequence, int count)
    {
        var placed = 0;
        while (placed < count)
        {
            var n = tree.Append(ref sequence.Tail, sequence.Pending, count - placed, sequence.Place);
            if (n == 0)
                break;
            sequence.Rows += n;
            placed += n;
        }

        return placed;
    }

    /// <summary>The step has computed the placed tokens.</summary>
    public void Commit(Sequence sequence)
    {
        tree.Commit(ref sequence.Tail);
        sequence.PromptRows += Math.Clamp(sequence.PromptLength - sequence.Computed, 0, sequence.Rows);
        sequence.Path = sequence.Path.Plus(sequence.Rows);
        sequence.Rows = 0;
    }

    /// <summary>Whether all keys on its path exist; otherwise it reads keys that the coming step computes.</summary>
    public bool IsComputed(Sequence sequence) => tree.IsComputed(sequence.Tail);

    /// <summary>Whether chunks of a share of the pool are on its path.</summary>
    public bool Uses(Sequence sequence, Budget budget) => tree.BudgetsOf(sequence.Tail).Contains(budget);

    /// <summary>Takes a sequence out of the tree. Its chunks stay cached while there is room; placed tokens are dropped.</summary>
    public void Release(Sequence sequence)
    {
        tree.Release(sequence.Tail, sequence.CachePriority);
        sequence.Tail = default;
        sequence.Path = default;
        sequence.Rows = 0;
    }

    private void Follow(Sequence sequence) => sequence.Path = sequence.Path.Plus(tree.Follow(ref sequence.Tail, sequence.Cacheable));
}
