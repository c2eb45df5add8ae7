using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>What the scheduler knows of one sequence: tokens, how far they are computed, and where it stands in the tree.</summary>
internal class Sequence
{
    /// <summary>Number of the request.</summary>
    public long Number;

    /// <summary>The namespace it shares prefixes in.</summary>
    public RootKey Key;

    /// <summary>The share of the pool that its chunks are of; known when it is put in the line.</summary>
    public Budget Budget = null!;

    /// <summary>Prompt and generated tokens; the first <see cref="Length"/> are known.</summary>
    public int[] Tokens = [];

    public int Length;

    public int PromptLength;

    /// <summary>Every row's result is wanted, so every row is computed.</summary>
    public bool WantsAllRows;

    /// <summary>Its reader is behind: no further token is computed for it now.</summary>
    public bool Paused;

    /// <summary>Index among the running sequences' places, -1 while it waits.</summary>
    public int Place = -1;

    /// <summary>The last node of its path, while it runs.</summary>
    public NodeHandle Tail;

    /// <summary>Tokens whose keys and values are there.</summary>
    public int Computed;

    /// <summary>Tokens that the coming step computes.</summary>
    public int Rows;

    /// <summary>Prompt tokens computed for this sequence so far.</summary>
    public int PromptRows;

    /// <summary>It ran before and gave its chunks back; such sequences come before others of their rank.</summary>
    public bool WasPreempted;

    /// <summary>The higher, the sooner.</summary>
    public int Priority;

    /// <summary>Of its chunks while nobody uses them: those of lower priority are given up first.</summary>
    public int CachePriority;

    /// <summary>How often somebody who came later was admitted before it, or stayed where it had to go.</summary>
    public int Overtakes;

    /// <summary>It was overtaken as often as may be: nobody passes it any more, and it goes last.</summary>
    public bool IsAged;

    /// <summary>A step that it was part of failed: until it has computed this many tokens it runs alone. 0 if it is under no suspicion.</summary>
    public int SuspectUntil;

    // The waiting line.
    public Sequence? Before;
    public Sequence? After;
    public bool IsWaiting;

    public int Rank => IsAged ? int.MaxValue : Priority;

    public int Generated => Length - PromptLength;

    /// <summary>Whether only its newest token is left to compute.</summary>
    public bool IsGenerating => Generated > 0 && Computed == Length - 1;

    public ReadOnlySpan<int> Pending => Tokens.AsSpan(Computed + Rows, Length - Computed - Rows);
}
