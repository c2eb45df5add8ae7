using Cambium.Constraints;
using Cambium.Fuzz.Mutation;
using Cambium.Runtime;
using Cambium.Runtime.Sampling;

namespace Cambium.Fuzz.Kinds;

/// <summary>
/// Requests with extreme properties, in groups on one engine. After each group another tenant's request gets the answer it always gets.
/// </summary>
internal sealed class RequestKind : CaseKind
{
    private static readonly Request Innocent =
        new() { PromptTokens = (int[])[1, 2, 3, 4, 5, 6, 7, 8, 9], MaxTokens = 6, Tenant = "innocent", EosTokens = [] };

    private static readonly string[] Tenants = ["", "a", "innocent ", "\uD800", "\uDC00", "a\0b", new string('t', 70_000), "é", "e\u0301", "\uFFFD"];

    private readonly Engine _engine = new(
        new NoiseModel(ByteTokenizer.Checkpoint(ByteTokenizer.Eos)),
        new EngineOptions
        {
            ChunkSize = 32, PoolTokens = 4096, MaxSequences = 8, MaxRowsPerStep = 64, Threads = 1, Seed = 1, MaxTokens = 200, MaxQueued = 64,
        });

    private IReadOnlyList<int>? _expected;

    public override bool IsDocumented(Exception error) =>
        error is RequestRefusedException or TimeoutException or OperationCanceledException or ConstraintException;

    public override void Run(Random random, string folder) => RunAsync(random, folder).GetAwaiter().GetResult();

    private async Task RunAsync(Random random, string folder)
    {
        _expected ??= (await _engine.CompleteAsync(Innocent)).Tokens;
        var requests = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Any(random)).ToList();
        var running = requests.Select(request => Task.Run(() => UseAsync(request, random.Next(4) == 0 ? random.Next(1, 20) : null))).ToList();
        var answer = await _engine.CompleteAsync(Innocent);
        if (!answer.Tokens.SequenceEqual(_expected))
            throw new InvalidOperationException($"Another tenant's answer changed to {string.Join(' ', answer.Tokens)}.");
        await Task.WhenAll(running);
        if (random.Next(20) == 0)
        {
            var path = Path.Combine(folder, "tree.bin");
            await _engine.SaveAsync(path);
            await _engine.LoadAsync(path);
        }

        await _engine.BetweenStepsAsync(
            static loop =>
            {
                loop.CheckIntegrity();
                return 0;
            },
            default);
    }

    private async Task UseAsync(Request request, int? cancelAfter)
    {
        try
        {
            using var cancel = cancelAfter is { } after ? new CancellationTokenSource(after) : new CancellationTokenSource();
            await foreach (var token in _engine.GenerateAsync(request, cancel.Token))
                (request.Sampling?.LogitBias as Dictionary<int, float>)?.TryAdd(token.Token, 1);
        }
        catch (Exception error) when (IsDocumented(error))
        {
        }
        catch (EngineFailedException error) when (error.InnerException is ConstraintException)
        {
        }
    }

    private static Request Any(Random random)
    {
        T Or<T>(int chance, T usual, Func<T> other) => random.Next(chance) == 0 ? other() : usual;
        return new Request
        {
            Prompt = random.Next(3) == 0 ? TokenizerKind.AnyText(random) is var text ? text[..Math.Min(text.Length, 3000)] : null : null,
            PromptTokens = Enumerable.Range(0, random.Next(100))
                .Select(_ => random.Next(30) == 0 ? unchecked((int)Numbers.Extreme(random)) : random.Next(256)).ToArray(),
            ParseSpecialTokens = random.Next(2) == 0,
            MaxTokens = Or<int?>(4, random.Next(1, 40), () => unchecked((int)Numbers.Extreme(random))),
            Count = Or(5, 1, () => random.Next(2) == 0 ? random.Next(1, 6) : unchecked((int)Numbers.Extreme(random))),
            BestOf = Or<int?>(8, null, () => random.Next(2) == 0 ? random.Next(1, 6) : unchecked((int)Numbers.Extreme(random))),
            LogProbabilities = Or<int?>(6, null, () => unchecked((int)Numbers.Extreme(random))),
            PromptLogProbabilities = Or<int?>(12, null, () => random.Next(30)),
            Stop = Or<IReadOnlyList<string>>(3, [], () =>
                [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => Or(3, "ab", () => TokenizerKind.AnyText(random)))]),
            EosTokens = Or<IReadOnlyList<int>?>(3, null, () =>
                [.. Enumerable.Range(0, random.Next(random.Next(4) == 0 ? 50_000 : 6)).Select(_ => unchecked((int)Numbers.Extreme(random)))]),
            Priority = unchecked((int)Numbers.Extreme(random)),
            CachePriority = unchecked((int)Numbers.Extreme(random)),
            Timeout = Or<TimeSpan?>(8, null, () => TimeSpan.FromTicks(Numbers.Extreme(random))),
            Tenant = Tenants[random.Next(Tenants.Length)],
            Pin = Or<TimeSpan?>(8, null, () => TimeSpan.FromTicks(Numbers.Extreme(random))),
            Publish = random.Next(10) == 0,
            WantsText = random.Next(3) > 0,
            Constraint = Or<Constraint?>(8, null, static () => Constraint.Json()),
            Sampling = new SamplingOptions
            {
                Temperature = Float(random, 0),
                TopK = Or(4, 0, () => unchecked((int)Numbers.Extreme(random))),
                TopP = Float(random, 1),
                MinP = Float(random, 0),
                TypicalP = Float(random, 1),
                RepetitionPenalty = Float(random, 1),
                PresencePenalty = Float(random, 0),
                FrequencyPenalty = Float(random, 0),
                Seed = unchecked((ulong)Numbers.Extreme(random)),
                LogitBias = Or<IReadOnlyDictionary<int, float>?>(
                    3, null, () => Enumerable.Range(0, random.Next(60)).ToDictionary(id => random.Next(20) == 0 ? -id : id, _ => Float(random, -1))),
            },
        };
    }

    private static float Float(Random random, float usual) => random.Next(12) switch
    {
        0 => float.NaN,
        1 => float.NegativeInfinity,
        2 => float.MaxValue,
        3 => Numbers.Extreme(random),
        4 => float.Epsilon,
        5 or 6 => random.NextSingle(),
        _ => usual,
    };
}
