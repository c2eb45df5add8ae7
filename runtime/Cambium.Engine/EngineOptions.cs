namespace Cambium.Runtime;

/// <summary>How an engine uses the machine. Nothing here changes a bit of any output.</summary>
public sealed record EngineOptions
{
    // No machine has more processors, and a process that starts far more threads than its limit is ended by the system.
    private const int MostThreads = 1024;

    /// <summary>Bytes of the pool of K/V chunks; null: <see cref="PoolTokens"/> decides. Memory is committed when first written.</summary>
    public long? PoolBytes { get; init; }

    /// <summary>
    /// Tokens whose K/V the pool holds, rounded up to whole chunks; null (and <see cref="PoolBytes"/> null): enough for
    /// <see cref="MaxSequences"/> full contexts, but at most half of the memory that is free.
    /// </summary>
    public int? PoolTokens { get; init; }

    /// <summary>The device; it stays the caller's. Null opens the model's default device, the CPU, for this engine alone.</summary>
    public Device? Device { get; init; }

    /// <summary>Threads of the default device; 0 means one for every processor.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens in a chunk. On the CPU a multiple of the panel width (two SIMD registers of floats).</summary>
    public int ChunkSize { get; init; } = 64;

    /// <summary>Prompt tokens computed in one step at most, beside one token of every generating sequence.</summary>
    public int MaxRowsPerStep { get; init; } = 512;

    /// <summary>Sequences that run at once; more wait.</summary>
    public int MaxSequences { get; init; } = 256;

    /// <summary>
    /// Whether rows of different sequences are folded together over the nodes they share: true always, false never,
    /// null where that is expected to be faster and they have <see cref="TwoPhaseThreshold"/> keys in common.
    /// </summary>
    public bool? TwoPhase { get; init; }

    /// <summary>Keys that neighbouring rows share at least to be folded together, where <see cref="TwoPhase"/> is null.</summary>
    public int TwoPhaseThreshold { get; init; } = 16;

    /// <summary>Rows that are folded together at most.</summary>
    public int MaxBlockRows { get; init; } = 64;

    /// <summary>Tokens of prompt and answer together; null: what the checkpoint's configuration says. Never more than the pool holds.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Requests that may be waiting or running; callers beyond that wait for their turn to enter.</summary>
    public int MaxQueued { get; init; } = 4096;

    /// <summary>Whether a request beyond <see cref="MaxQueued"/> is refused at once instead of waiting for its turn.</summary>
    public bool RefuseWhenFull { get; init; }

    /// <summary>
    /// How often a waiting request may be passed by requests that came later: those of higher priority, and those of which more is cached. A request waits for at most those
    /// that were there before it and this many more.
    /// </summary>
    public int MaxOvertakes { get; init; } = 64;

    /// <summary>Most tokens that any request may generate, and what those get that do not say; null: as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Generated tokens that a slow reader may leave unread before its sequence pauses.</summary>
    public int MaxUnread { get; init; } = 1024;

    /// <summary>Lets requests of different tenants read each other's cached prefixes.</summary>
    public bool ShareAcrossTenants { get; init; }

    /// <summary>
    /// Tokens of the pool that are reserved for a tenant, by its name; rounded up to whole chunks. Such a tenant uses these and no others, so that what it finds cached and what is evicted for it depend on
    /// its own requests alone. Tenants without a quota share the rest.
    /// </summary>
    public IReadOnlyDictionary<string, int> Quotas { get; init; } = new Dictionary<string, int>();

    /// <summary>Where seeds of requests without one come from; null: differs from run to run.</summary>
    public ulong? Seed { get; init; }

    /// <exception cref="ArgumentException">An option is out of range; names it, its value and the range.</exception>
    internal void Validate()
    {
        Require(PoolBytes is null || PoolTokens is null, nameof(PoolBytes), PoolBytes, "given without PoolTokens, or the other way round");
        Require(PoolBytes is null or > 0, nameof(PoolBytes), PoolBytes, "positive");
        Require(PoolTokens is null or > 0, nameof(PoolTokens), PoolTokens, "positive");
        Require(Threads is >= 0 and <= MostThreads, nameof(Threads), Threads, $"1 to {MostThreads}, or 0 for one per processor");
        Require(Threads == 0 || Device is null, nameof(Threads), Threads, "0 where a device is given: the device has its threads");
        Require(ChunkSize > 0, nameof(ChunkSize), ChunkSize, "positive");
        Require(MaxRowsPerStep > 0, nameof(MaxRowsPerStep), MaxRowsPerStep, "positive");
        Require(MaxSequences > 0, nameof(MaxSequences), MaxSequences, "positive");
        // Lists of a step have one entry more than it has rows.
        Require((long)MaxSequences + MaxRowsPerStep < Array.MaxLength, "MaxRowsPerStep + MaxSequences", (long)MaxSequences + MaxRowsPerStep, $"below {Array.MaxLength}");
        Require(TwoPhaseThreshold >= 0, nameof(TwoPhaseThreshold), TwoPhaseThreshold, "0 or more");
        Require(MaxBlockRows > 0, nameof(MaxBlockRows), MaxBlockRows, "positive");
        Require(ContextLength is null or > 0, nameof(ContextLength), ContextLength, "positive");
        Require(MaxQueued > 0, nameof(MaxQueued), MaxQueued, "positive");
        Require(MaxOvertakes >= 0, nameof(MaxOvertakes), MaxOvertakes, "0 or more");
        Require(MaxTokens is null or > 0, nameof(MaxTokens), MaxTokens, "positive");
        if (Quotas is null)
            throw new ArgumentException("EngineOptions.Quotas is null; leave it out for none.", nameof(Quotas));
        foreach (var (tenant, tokens) in Quotas)
            Require(tokens > 0, $"{nameof(Quotas)}[\"{tenant}\"]", tokens, "positive");
        Require(!Quotas.ContainsKey(""), $"{nameof(Quotas)}[\"\"]", Quotas.GetValueOrDefault(""), "of a tenant with a name: requests without one share what is not reserved");
        Require(Quotas.Count == 0 || !ShareAcrossTenants, nameof(ShareAcrossTenants), 1, "false where tenants have quotas");
        Require(MaxUnread > 0, nameof(MaxUnread), MaxUnread, "positive");
    }

    private static void Require(bool holds, string option, long? value, string range)
    {
        if (!holds)
            throw new ArgumentException($"EngineOptions.{option} is {value}; it must be {range}.", option);
    }
}
