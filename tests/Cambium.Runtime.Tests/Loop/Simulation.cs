using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Prefixes;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Tests.Sampling;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>
/// One seeded run of the loop: arrivals with several priorities and tenants, cancellations, deadlines, slow readers, refused pages, requests that
/// break the model, a pool that is too small, requests with several answers, constraints, penalties, learned prefixes that are
/// loaded and unloaded. After each step the integrity check passes.
/// Each answer equals the answer of the request alone, token by token. A request without an answer has a reason. No request is bypassed more often
/// than the options allow, or starves.
/// </summary>
internal sealed class Simulation : IDisposable
{
    // The model throws in each step that reads this token.
    private const int Poison = 5;

    // Replaces a token if the constraint and the EOS tokens together allow none.
    private const int Stuck = -1;

    private readonly Random _random;
    private static readonly Constraint[] Constraints = [Constraint.Regex("[A-I]{2,40}"), Constraint.Regex("((AB?|C[D-F])G*){3,9}|[a-i]+"),
        Constraint.Regex("é?([A-Z][a-i]){1,20}[H-M]")];

    private static readonly TokenVocabulary Letters = new(new LetterTokenizer(), ScriptedModel.Vocabulary);

    private readonly ScriptedModel _model = new(checkpoint: LetterTokenizer.Checkpoint());
    private readonly ManualClock _clock = new();
    private readonly EngineOptions _options;
    private readonly EngineLoop _loop;
    private readonly int[][] _prefixes;
    private readonly Prefix[] _learned;
    private readonly LoadedPrefix?[] _loaded;
    private readonly List<Client> _live = [];
    private readonly List<Client> _waiting = [];
    private readonly Dictionary<string, string> _directory = [];
    private readonly bool _isGentle;
    private readonly int _arrivals;
    private int _sequences;
    private Counts _met = new();

    public Simulation(int seed)
    {
        _random = new Random(seed);

        // In a gentle run, readers read, no page is refused and no step throws: the waiting time has a bound.
        _isGentle = _random.Next(4) == 0;
        _arrivals = _random.Next(50, 300);
        _options = new EngineOptions
        {
            ChunkSize = 32,
            Threads = 1,
            Seed = 1,
            PoolTokens = 32 * _random.Next(11, 29),
            MaxSequences = _random.Next(1, 9),
            MaxRowsPerStep = _random.Next(1, 90),
            MaxBypasses = _random.Next(0, 12),
            Quotas = _random.Next(3) == 0 ? new Dictionary<string, int> { ["other"] = 32 * 5 } : new Dictionary<string, int>(),
            TwoPhase = _random.Next(3) switch { 0 => null, 1 => true, _ => false },
        };
        _loop = new EngineLoop(_model, _options, _clock);
        _learned =
        [
            RandomPrefix.Rows(_model, 3, hasPositions: true, seed: 1), RandomPrefix.Rows(_model, 70, hasPositions: true, seed: 2),
            RandomPrefix.Rows(_model, 40, hasPositions: false, seed: 3), RandomPrefix.State(_model, seed: 4), RandomPrefix.Side(_model, 5, seed: 5),
            RandomPrefix.Mark("edited"),
        ];
        _loaded = new LoadedPrefix?[_learned.Length];
        _prefixes = [.. Enumerable.Range(0, 3).Select(_ => Draw(_random.Next(20, 90)))];
        _model.BeforeStep = BreakOnPoison;
        _loop.TreeChanged += Follow;
        if (!_isGentle)
            _loop.Store.Refuses = () => _random.Next(50) == 0 && ++_met.Refused > 0;
    }

    /// <summary>Counts of the events of the run.</summary>
    public Counts Met => _met with
    {
        Retries = (int)_loop.Statistics.Retries, Preemptions = (int)_loop.Statistics.Preemptions, Evictions = (int)_loop.Statistics.Evictions,
        Cached = (int)_loop.Statistics.TokensCached,
    };

    public void Run()
    {
        for (var step = 0; step < _arrivals || _loop.HasWork; step++)
        {
            Assert.True(step < 50_000, "The requests never end.");
            var isArriving = step < _arrivals;
            if (isArriving && _random.Next(3) == 0)
                Submit(step);
            foreach (var client in _live)
                client.Ready = _isGentle || !isArriving || _random.Next(8) > 0;
            if (!_isGentle && _live.Count > 0 && _random.Next(25) == 0)
                Cancel(_live[_random.Next(_live.Count)]);

            _clock.Advance(TimeSpan.FromMilliseconds(_random.Next(2)));
            _loop.Step();
            if (_random.Next(6) == 0)
                ChangeConversation();
            if (_random.Next(8) == 0)
                LoadOrUnload(_random.Next(_learned.Length));
            _loop.CheckIntegrity();
            Assert.Equal(_loop.StoredChunks().Select(static chunk => (chunk.Name, chunk.Parent)).Order(),
                _directory.Select(static pair => (pair.Key, pair.Value)).Order());
            CountAdmissions();
            foreach (var client in _live.Where(static client => client.IsDone).ToArray())
                Finish(client, step);
        }

        Assert.Empty(_live);
        _met.Pins += _loop.Pins;
        for (var i = 0; i < _loaded.Length; i++)
        {
            if (_loaded[i] is not null)
                LoadOrUnload(i);
        }

        Assert.Equal(0, _loop.Store.Contents);
        Assert.DoesNotContain(_loop.Snapshot().Nodes, static node => node.Content is not null);
        _loop.Unpin();
        _loop.CheckIntegrity();
        var statistics = _loop.Statistics;
        // Some answers of a request may end before it is cancelled or fails.
        Assert.Equal(_sequences, statistics.Finished + statistics.Cancelled + statistics.Failed);
        Assert.True(statistics.Finished >= _met.Answers && statistics.Cancelled >= _met.Cancelled
            && statistics.Failed >= _met.Poisoned + _met.Overdue + _met.Starved + _met.Stuck, $"{statistics}\n{_met}");
        Assert.Equal((0, 0, 0), (statistics.KvBytesInUse, statistics.Running, statistics.Waiting));
    }

    public void Dispose() => _loop.Dispose();

    private void Submit(int step)
    {
        var prefix = _prefixes[_random.Next(_prefixes.Length)];
        int[] prompt = [.. prefix[..(_random.Next(prefix.Length) + 1)], .. Draw(_random.Next(12))];
        if (!_isGentle && _random.Next(20) == 0)
            prompt[_random.Next(prompt.Length)] = Poison;
        var pin = _random.Next(12) == 0 ? TimeSpan.FromMilliseconds(_random.Next(1, 200)) : (TimeSpan?)null;
        var tenant = _random.Next(3) == 0 ? "other" : "";
        int[] path = [.. Enumerable.Range(0, _random.Next(3) == 0 ? _random.Next(1, 4) : 0).Select(_ => _random.Next(_learned.Length))
            .Where(i => _loaded[i] is not null)];
        _met.Prefixed += path.Length > 0 ? 1 : 0;
        var request = new Request
        {
            Prefixes = [.. path.Select(i => (PrefixUse)_loaded[i]!)],
            Pin = pin,
            Publish = pin is not null && tenant.Length == 0 && _random.Next(2) == 0,
            PromptTokens = prompt,
            MaxTokens = _random.Next(1, 60),
            Sampling = DrawSampling(),
            Constraint = _random.Next(4) == 0 ? Constraints[_random.Next(Constraints.Length)] : null,
            EosTokens = _random.Next(3) == 0 ? Draw(2) : null,
            Count = _random.Next(5) == 0 ? _random.Next(2, 5) : 1,
            Priority = _random.Next(4) == 0 ? _random.Next(-1, 3) : 0,
            CachePriority = _random.Next(5) == 0 ? _random.Next(-1, 3) : 0,
            Turn = _random.Next(5) == 0 ? new Turn(_random.Next(1, 5), TimeSpan.FromMilliseconds(_random.Next(1, 300))) : null,
            Tenant = tenant,
            Timeout = !_isGentle && _random.Next(10) == 0 ? TimeSpan.FromMilliseconds(_random.Next(1, 60)) : null,
        };
        if (_random.Next(10) == 0)
            request = request with { BestOf = request.Count + _random.Next(1, 3) };
        var answers = request.BestOf ?? request.Count;
        var alone = Enumerable.Range(0, answers).Select(fork => WriteAlone(request, SamplingOptions.ForkSeed(request.Sampling.Seed!.Value, fork)))
            .ToArray();
        var client = new Client(request, alone) { Step = step, Ahead = _live.Sum(static other => other.Sequences) + answers - 1 };
        _sequences += answers;
        client.Number = _loop.Submit(request, client);
        _live.Add(client);
        _waiting.Add(client);
    }

    private void LoadOrUnload(int index)
    {
        if (_loaded[index] is not { } prefix)
        {
            _loaded[index] = _loop.LoadPrefix(_learned[index]);
            return;
        }

        var users = prefix.Users;
        _loop.BeginUnload(prefix);
        Assert.Equal(users == 0, prefix.Unloading!.Task.IsCompletedSuccessfully);
        _loaded[index] = null;
        _met.Unloaded++;
        _met.Awaited += users > 0 ? 1 : 0;
        var request = new Request { PromptTokens = new[] { 1 }, Prefixes = [prefix] };
        Assert.Throws<RequestRefusedException>(() => _loop.Submit(request, new CollectingSink()));
    }

    private void ChangeConversation()
    {
        var (conversation, other) = (_random.Next(1, 5), _random.Next(1, 5));
        switch (_random.Next(4))
        {
            case 0:
                _loop.Fork(conversation, other);
                break;
            case 1:
                _loop.Rewind(conversation, _random.Next(100));
                break;
            case 2:
                _loop.EndConversation(conversation);
                break;
            default:
                _loop.Forget(
                    _prefixes[_random.Next(_prefixes.Length)], _random.Next(2) == 0 ? "other" : "",
                    [.. _loaded.Where(prefix => prefix is not null && _random.Next(4) == 0).Select(static prefix => (PrefixUse)prefix!)]);
                break;
        }
    }

    // The events of the tree describe its whole content.
    private void Follow(TreeEvent change)
    {
        switch (change.Kind)
        {
            case TreeEventKind.Stored:
                _directory.Add(change.Name, change.Parent);
                break;
            case TreeEventKind.Removed:
                Assert.Equal(change.Parent, _directory[change.Name]);
                _directory.Remove(change.Name);
                break;
            default:
                _met.Hits++;
                Assert.Contains(change.Name, _directory);
                Assert.Contains(_live, client => client.Number == change.Request);
                break;
        }
    }

    private void Cancel(Client client)
    {
        Assert.True(_loop.Cancel(client.Number));
        _met.Cancelled++;
        Leave(client);
    }

    private void Leave(Client client)
    {
        _live.Remove(client);
        _waiting.Remove(client);
    }

    // A request that waits for its first slot is bypassed by at most MaxBypasses later ones.
    private void CountAdmissions()
    {
        foreach (var admitted in _waiting.Where(client => client.WasServed || WasAdmitted(client)).ToArray())
        {
            _waiting.Remove(admitted);
            foreach (var client in _waiting.Where(client => client.Number < admitted.Number && !client.IsDone))
            {
                client.Passed++;
                _met.Overtakes++;
                Assert.True(client.Passed <= _options.MaxBypasses,
                    $"Request {client.Number} was passed {client.Passed} times, now by {admitted.Number}, "
                        + $"and MaxBypasses is {_options.MaxBypasses}.");
            }
        }
    }

    // If answers are held until all have ended (best of n), the end of the first one is not reported.
    private bool WasAdmitted(Client client) =>
        _loop.Find(client.Number) is { } first ? first is { Place: >= 0 } or { WasPreempted: true } : client.Failure is null;

    private void Finish(Client client, int step)
    {
        Leave(client);
        switch (client.Failure)
        {
            case null:
                Assert.Equal(client.Expected, client.Tokens);
                _met.Answered++;
                _met.Answers += client.Sequences;
                _met.Forked += client.Sequences > 1 ? 1 : 0;
                _met.Constrained += client.Request.Constraint is null ? 0 : 1;
                if (_isGentle)
                    Assert.True(step - client.Step <= Bound(client),
                        $"Request {client.Number} took {step - client.Step} steps with {client.Ahead} before it.");
                break;
            case TimeoutException:
                Assert.NotNull(client.Request.Timeout);
                _met.Overdue++;
                break;
            case EngineFailedException { InnerException: ConstraintException }:
                Assert.Contains(Stuck, client.Written);
                _met.Stuck++;
                break;
            case EngineFailedException { InnerException: InsufficientMemoryException } when _met.Refused > 0:
                _met.Starved++;
                break;
            default:
                // The model reads all tokens except the last one.
                Assert.IsType<InvalidOperationException>(Assert.IsType<EngineFailedException>(client.Failure).InnerException);
                Assert.Contains(Poison, client.Request.PromptTokens.ToArray().Concat(client.Read));
                _met.Poisoned++;
                break;
        }
    }

    // The oldest request is computed in each step. Until a request is the oldest, it is bypassed at most MaxBypasses times, as is each one before it.
    private int Bound(Client client) => (client.Ahead + 1) * (_options.MaxBypasses + 2) * 2 * ((102 / _options.MaxRowsPerStep) + 60 + 2);

    private unsafe void BreakOnPoison(Step step)
    {
        if (!_isGentle && new ReadOnlySpan<int>(step.Tokens, step.Rows).Contains(Poison))
            throw new InvalidOperationException("The model broke.");
    }

    private int[] Draw(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => _random.Next(ScriptedModel.Vocabulary - 1) is var token && token >= Poison ? token + 1 : token)];

    private SamplingOptions DrawSampling() => new()
    {
        Temperature = _random.Next(2) * 3f,
        Seed = (ulong)_random.Next(),
        TopP = _random.Next(5) == 0 ? 0.9f : 1,
        TopK = _random.Next(5) == 0 ? 7 : 0,
        RepetitionPenalty = _random.Next(5) == 0 ? 1.5f : 1,
        PresencePenalty = _random.Next(5) == 0 ? 2 : 0,
        FrequencyPenalty = _random.Next(5) == 0 ? 0.7f : 0,
        LogitBias = _random.Next(5) == 0 ? new Dictionary<int, float> { [_random.Next(9)] = 5, [_random.Next(9, ScriptedModel.Vocabulary)] = -100 }
            : null,
    };

    // The logits of the scripted model are 9 for one token and 0 for the others.
    private Alone WriteAlone(Request request, ulong seed)
    {
        var (tokens, cursor) = (request.PromptTokens.ToArray().ToList(), request.Constraint is { } constraint
            ? new ConstraintCursor(constraint.Over(Letters)) : null);
        var (scores, sum) = (new float[ScriptedModel.Vocabulary], 0.0);
        var options = request.Sampling with { Seed = seed };
        // Keys of a prefix that have positions come before the first token.
        var first = request.Prefixes.Sum(static use => use.Contents.Sum(static content => content.Positions));
        for (var i = 0; i < request.MaxTokens && cursor is not { MustEnd: true }; i++)
        {
            Array.Clear(scores);
            scores[_model.Script(tokens[^1], first + tokens.Count - 1)] = 9;
            var token = Draws.Choose(scores, options, tokens, request.PromptTokens.Length, cursor, request.EosTokens);
            if (token == Stuck)
                return new Alone([.. tokens[request.PromptTokens.Length..], Stuck], 0);
            sum += LogProbabilities.Of(scores, token, 0).Chosen.LogProbability;
            tokens.Add(token);
            if (request.EosTokens?.Contains(token) == true)
                break;
            cursor?.Advance(token);
        }

        var answer = tokens[request.PromptTokens.Length..];
        return new Alone(answer, sum / answer.Count);
    }

    private sealed record Alone(List<int> Tokens, double MeanLogProbability);

    public struct Counts
    {
        public int Answered;
        public int Answers;
        public int Forked;
        public int Constrained;
        public int Cancelled;
        public int Poisoned;
        public int Overdue;
        public int Starved;
        public int Stuck;
        public int Refused;
        public int Retries;
        public int Preemptions;
        public int Evictions;
        public int Overtakes;
        public int Pins;
        public int Cached;
        public int Hits;
        public int Prefixed;
        public int Unloaded;
        public int Awaited;

        public static Counts operator +(Counts a, Counts b) => new()
        {
            Answered = a.Answered + b.Answered, Answers = a.Answers + b.Answers, Forked = a.Forked + b.Forked,
            Constrained = a.Constrained + b.Constrained, Cancelled = a.Cancelled + b.Cancelled, Poisoned = a.Poisoned + b.Poisoned,
            Overdue = a.Overdue + b.Overdue, Starved = a.Starved + b.Starved, Stuck = a.Stuck + b.Stuck,
            Refused = a.Refused + b.Refused, Retries = a.Retries + b.Retries, Preemptions = a.Preemptions + b.Preemptions,
            Evictions = a.Evictions + b.Evictions, Overtakes = a.Overtakes + b.Overtakes,
            Cached = a.Cached + b.Cached, Pins = a.Pins + b.Pins, Hits = a.Hits + b.Hits,
            Prefixed = a.Prefixed + b.Prefixed, Unloaded = a.Unloaded + b.Unloaded, Awaited = a.Awaited + b.Awaited,
        };

        public override readonly string ToString() =>
            $"{Answered} answered, {Cancelled} cancelled, {Poisoned} poisoned, {Overdue} overdue, {Starved} starved, {Refused} pages refused, "
            + $"{Retries} retries, {Preemptions} preemptions, {Evictions} evictions, {Overtakes} bypasses, {Pins} pins, {Cached} cached, "
            + $"{Hits} hits, {Prefixed} with prefixes, {Unloaded} unloaded, {Awaited} while in use";
    }

    private sealed class Client(Request request, Alone[] alone) : ITokenSink
    {
        public Request Request { get; } = request;

        /// <summary>All answers, or the best ones.</summary>
        public List<int>[] Expected { get; } =
        [
            .. (request.BestOf > request.Count ? alone.OrderByDescending(static answer => answer.MeanLogProbability) : alone.AsEnumerable())
                .Take(request.Count).Select(static answer => answer.Tokens),
        ];

        public List<int>[] Tokens { get; } = [.. Enumerable.Range(0, request.Count).Select(static _ => new List<int>())];

        public IEnumerable<int> Written => alone.SelectMany(static answer => answer.Tokens);

        /// <summary>Tokens of all answers that the model reads: all except the last ones.</summary>
        public IEnumerable<int> Read => alone.SelectMany(static answer => answer.Tokens.SkipLast(1));

        public Exception? Failure { get; private set; }

        public bool IsDone { get; private set; }

        public bool WasServed => Tokens.Any(static answer => answer.Count > 0) || Failure is EngineFailedException;

        public long Number { get; set; }

        public int Step { get; init; }

        /// <summary>Sequences that arrived before its last one.</summary>
        public int Ahead { get; init; }

        /// <summary>Answers that are generated for it.</summary>
        public int Sequences => alone.Length;

        public int Passed { get; set; }

        public bool Ready { get; set; }

        // The best of several answers come when all have ended.
        private bool IsHeld => Sequences > Expected.Length;

        public void Next(in GeneratedToken token)
        {
            var answer = Tokens[token.Fork];
            Assert.False(IsDone);
            Assert.True(Ready || answer.Count == 0 || IsHeld, "A token came although its reader was not ready.");
            Assert.Equal(Expected[token.Fork][answer.Count], token.Token);
            answer.Add(token.Token);
            Assert.Equal(answer.Count == Expected[token.Fork].Count, token.Finish != FinishReason.None);
            IsDone = token.IsLast;
        }

        public void Fail(Exception reason)
        {
            Assert.False(IsDone);
            (Failure, IsDone) = (reason, true);
        }
    }
}
