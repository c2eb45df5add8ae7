using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>One sequence as the scheduler sees it: its tokens, how many of them are computed, and its path in the tree.</summary>
internal class Sequence
{
    /// <summary>Number of the sequence, in order of arrival.</summary>
    public long Number;

    /// <summary>
    /// Its index among the answers of its request when it arrives, then its round of the waiting queue: the requests that wait start one answer each
    /// per round, so that a request with one answer does not wait for all answers of another one.
    /// </summary>
    public long Round;

    /// <summary>The answer of the same request that starts before this one; null for the first.</summary>
    public Sequence? Before;

    /// <summary>The namespace in which it shares prefixes.</summary>
    public RootKey Key;

    /// <summary>The contents that its path begins with, such as learned prefixes.</summary>
    public IReadOnlyList<NodeContent> Contents = [];

    /// <summary>The share of the pool that its chunks are taken from; known once it is queued.</summary>
    public Budget Budget = null!;

    /// <summary>Prompt and generated tokens; the first <see cref="Length"/> are known.</summary>
    public int[] Tokens = [];

    public int Length;

    public int PromptLength;

    /// <summary>The result of every row is wanted, so cached prefixes are not used.</summary>
    public bool WantsAllRows;

    /// <summary>Its consumer is slow: no further token is generated now (backpressure).</summary>
    public bool Paused;

    /// <summary>Slot among the running sequences; -1 if it does not run.</summary>
    public int Place = -1;

    /// <summary>The last node of its path, while it runs.</summary>
    public NodeHandle Tail;

    /// <summary>Length of its path, without the rows of the coming step.</summary>
    public PathLength Path;

    /// <summary>Tokens that the coming step computes.</summary>
    public int Rows;

    /// <summary>Prompt tokens computed for this sequence so far.</summary>
    public int PromptRows;

    /// <summary>It ran before and its chunks were released; such sequences come first in their rank.</summary>
    public bool WasPreempted;

    /// <summary>Larger values are scheduled first.</summary>
    public int Priority;

    /// <summary>Priority of its chunks once they are only cached: chunks of lower priority are evicted first.</summary>
    public int CachePriority;

    /// <summary>Times a later request was scheduled ahead of this one, or this one was preempted.</summary>
    public int Bypasses;

    /// <summary>The limit of bypasses was reached: it is scheduled next and preempted last (starvation guard).</summary>
    public bool IsAged;

    /// <summary>After a failed step it runs alone until this many tokens are computed; 0 if it is not being retried.</summary>
    public int RetryUntil;

    /// <summary>Whether it is in the waiting queue.</summary>
    public bool IsWaiting;

    /// <summary>Tokens whose keys and values exist.</summary>
    public int Computed => Path.Tokens;

    public int Rank => IsAged ? int.MaxValue : Priority;

    public int Generated => Length - PromptLength;

    public bool IsRetried => RetryUntil > 0;

    /// <summary>Whether it may start. A paused sequence has no need to run, and a retried one runs alone.</summary>
    public bool IsReady => !Paused && !IsRetried;

    /// <summary>Whether only its newest token is left to compute.</summary>
    public bool IsGenerating => Generated > 0 && Computed == Length - 1;

    /// <summary>Tokens after the path and the coming rows.</summary>
    public ReadOnlySpan<int> Pending => Tokens.AsSpan(Computed + Rows, Length - Computed - Rows);

    /// <summary>Tokens after the path that may be read from the cache. The last token is always computed: its row gives the result.</summary>
    public ReadOnlySpan<int> Cacheable => Tokens.AsSpan(Computed, Length - 1 - Computed);
}
