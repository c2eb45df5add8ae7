using Cambium.Runtime.Chunks;

namespace Cambium.Runtime;

/// <summary>
/// How an engine uses the machine. Options do not change a bit of any logits or answer, except: <see cref="ChunkSize"/> and <see cref="Device"/> can
/// change the last bits of logits, <see cref="KvStorage"/> rounds keys and values, <see cref="Seed"/> decides the samples of requests without a
/// seed, and <see cref="MaxTokens"/> and <see cref="ContextLength"/> (or a pool smaller than the context) limit the length of answers.
/// </summary>
public sealed record EngineOptions
{
    // No machine has more processors, and the system kills a process that starts far more threads than its limit.
    private const int MostThreads = 1024;

    /// <summary>Bytes of the KV cache's pool of chunks; null: <see cref="PoolTokens"/> decides. Memory is committed when first written.</summary>
    public long? PoolBytes { get; init; }

    /// <summary>
    /// Tokens whose keys and values the pool holds, rounded up to whole chunks; null (and <see cref="PoolBytes"/> null): enough for
    /// <see cref="MaxSequences"/> full contexts, but at most half of the free memory.
    /// </summary>
    public int? PoolTokens { get; init; }

    /// <summary>The device; it stays the caller's. Null opens the model's default device, the CPU, for this engine alone.</summary>
    public Device? Device { get; init; }

    /// <summary>Threads of the default device; 0 means one for every processor.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens in a chunk (a page of the KV cache). On the CPU a multiple of the panel width (two SIMD registers of floats).</summary>
    public int ChunkSize { get; init; } = 64;

    /// <summary>
    /// Type of the keys and values in the KV cache. bf16 takes half and int8 about a quarter of the memory of f32, and attention reads as much less.
    /// Results differ from those with f32 by the rounding; for each type they do not depend on batch, cache content and threads.
    /// </summary>
    public KvStorage KvStorage { get; init; }

    /// <summary>Most prompt tokens in one step (chunked prefill), in addition to one token of every generating sequence.</summary>
    public int MaxRowsPerStep { get; init; } = 512;

    /// <summary>Sequences that run at once; more wait.</summary>
    public int MaxSequences { get; init; } = 256;

    /// <summary>
    /// Two-phase attention: whether rows of different sequences are computed together over the nodes they share. True: always. False: never.
    /// Null: if that is expected to be faster and they share at least <see cref="TwoPhaseThreshold"/> keys.
    /// </summary>
    public bool? TwoPhase { get; init; }

    /// <summary>Fewest keys that neighbouring rows must share to be computed together, if <see cref="TwoPhase"/> is null.</summary>
    public int TwoPhaseThreshold { get; init; } = 16;

    /// <summary>Most rows that attention computes together.</summary>
    public int MaxBlockRows { get; init; } = 64;

    /// <summary>
    /// Most tokens of prompt and answer together; null: the limit in the checkpoint's configuration. Never more than the pool holds.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>
    /// Answers that may wait or run: a request takes a place for each answer that is generated for it (<c>Request.Count</c> or
    /// <c>Request.BestOf</c>). Further callers wait until there is room, those with the fewest answers first; <see cref="MaxBypasses"/> limits
    /// how often the oldest of them is bypassed.
    /// </summary>
    public int MaxQueued { get; init; } = 4096;

    /// <summary>Whether a request beyond <see cref="MaxQueued"/> is refused at once instead of waiting.</summary>
    public bool RefuseWhenFull { get; init; }

    /// <summary>Most answers that are generated for one request, <c>Request.Count</c> or <c>Request.BestOf</c>.</summary>
    public int MaxAnswers { get; init; } = 1024;

    /// <summary>Most strings in <c>Request.Stop</c>. Each costs a comparison for every character of the answer.</summary>
    public int MaxStopStrings { get; init; } = 64;

    /// <summary>Most characters (UTF-16 units) of one string in <c>Request.Stop</c>.</summary>
    public int MaxStopLength { get; init; } = 256;

    /// <summary>Most tokens in <c>Request.EosTokens</c>.</summary>
    public int MaxEosTokens { get; init; } = 256;

    /// <summary>Most tokens in <c>SamplingOptions.LogitBias</c>. Each costs an addition for every token of the answer.</summary>
    public int MaxLogitBiases { get; init; } = 1024;

    /// <summary>Most prefixes in <c>Request.Prefixes</c>.</summary>
    public int MaxPrefixes { get; init; } = 16;

    /// <summary>Most bytes of UTF-8 of a tenant's name, <c>Request.Tenant</c>; at most 65,536, which a saved tree can hold.</summary>
    public int MaxTenantBytes { get; init; } = 256;

    /// <summary>
    /// How often later requests may be scheduled ahead of a waiting one, because of a higher priority or a larger cached prefix (starvation guard). A
    /// request waits for at most the requests before it and this many more.
    /// </summary>
    public int MaxBypasses { get; init; } = 64;

    /// <summary>Most tokens that any request may generate, and the number for requests that state none; null: as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Generated tokens that may be unread before the sequence pauses (backpressure).</summary>
    public int MaxUnread { get; init; } = 1024;

    /// <summary>Lets requests of different tenants read each other's cached prefixes.</summary>
    public bool ShareAcrossTenants { get; init; }

    /// <summary>
    /// Tokens of the pool that are reserved for a tenant, by its name; rounded up to whole chunks. Such a tenant uses these only, so that its cache
    /// hits and evictions depend on its own requests alone. Tenants without a quota share the rest.
    /// </summary>
    public IReadOnlyDictionary<string, int> Quotas { get; init; } = new Dictionary<string, int>();

    /// <summary>Source of the seeds of requests without one; null: differs from run to run.</summary>
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
        Require(Enum.IsDefined(KvStorage), nameof(KvStorage), (long)KvStorage, "F32, BF16 or Int8");
        Require(MaxRowsPerStep > 0, nameof(MaxRowsPerStep), MaxRowsPerStep, "positive");
        Require(MaxSequences > 0, nameof(MaxSequences), MaxSequences, "positive");
        // Lists of a step have one entry more than it has rows.
        var rows = (long)MaxSequences + MaxRowsPerStep;
        Require(rows < Array.MaxLength, "MaxRowsPerStep + MaxSequences", rows, $"below {Array.MaxLength}");
        Require(TwoPhaseThreshold >= 0, nameof(TwoPhaseThreshold), TwoPhaseThreshold, "0 or more");
        Require(MaxBlockRows > 0, nameof(MaxBlockRows), MaxBlockRows, "positive");
        Require(ContextLength is null or > 0, nameof(ContextLength), ContextLength, "positive");
        Require(MaxQueued > 0, nameof(MaxQueued), MaxQueued, "positive");
        Require(MaxAnswers > 0, nameof(MaxAnswers), MaxAnswers, "positive");
        Require(MaxStopStrings is >= 0 and < int.MaxValue, nameof(MaxStopStrings), MaxStopStrings, $"0 to {int.MaxValue - 1}");
        Require(MaxStopLength >= 0, nameof(MaxStopLength), MaxStopLength, "0 or more");
        Require(MaxEosTokens is >= 0 and < int.MaxValue, nameof(MaxEosTokens), MaxEosTokens, $"0 to {int.MaxValue - 1}");
        Require(MaxLogitBiases is >= 0 and < int.MaxValue, nameof(MaxLogitBiases), MaxLogitBiases, $"0 to {int.MaxValue - 1}");
        Require(MaxPrefixes is >= 0 and < int.MaxValue, nameof(MaxPrefixes), MaxPrefixes, $"0 to {int.MaxValue - 1}");
        Require(MaxTenantBytes is >= 0 and <= StoredName.LongestBytes, nameof(MaxTenantBytes), MaxTenantBytes, $"0 to {StoredName.LongestBytes}");
        Require(MaxBypasses >= 0, nameof(MaxBypasses), MaxBypasses, "0 or more");
        Require(MaxTokens is null or > 0, nameof(MaxTokens), MaxTokens, "positive");
        ValidateQuotas();
        Require(MaxUnread > 0, nameof(MaxUnread), MaxUnread, "positive");
    }

    private void ValidateQuotas()
    {
        if (Quotas is null)
            throw new ArgumentException("EngineOptions.Quotas is null; leave it out for none.", nameof(Quotas));
        foreach (var (tenant, tokens) in Quotas)
        {
            if (StoredName.FindError(tenant, MaxTenantBytes, $"EngineOptions.{nameof(MaxTenantBytes)}") is { } error)
                throw new ArgumentException($"A name in EngineOptions.{nameof(Quotas)} {error}.", nameof(Quotas));
            Require(tokens > 0, $"{nameof(Quotas)}[\"{tenant}\"]", tokens, "positive");
        }

        Require(
            !Quotas.ContainsKey(""),
            $"{nameof(Quotas)}[\"\"]",
            Quotas.GetValueOrDefault(""),
            "of a tenant with a name: requests without a tenant share the unreserved chunks");
        Require(Quotas.Count == 0 || !ShareAcrossTenants, nameof(ShareAcrossTenants), 1, "false if tenants have quotas");
    }

    private static void Require(bool holds, string option, long? value, string range)
    {
        if (!holds)
            throw new ArgumentException($"EngineOptions.{option} is {value}; it must be {range}.", option);
    }
}
