using System.Collections;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime.Loading;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>Exceptions of the code and the data of one request: it fails, other requests of the same step and the engine go on.</summary>
public class RequestIsolationTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 512, Threads = 1, MaxSequences = 4, MaxRowsPerStep = 48,
        Seed = 7 };

    [Fact]
    public void A_tokenizer_that_throws_fails_its_request_alone()
    {
        // The script counts up: the first request reaches the token that has no bytes, the second ends before it.
        foreach (var tokenizer in (FailingTokenizer[])[new() { Unreadable = 9 }, new() { Special = 9 }, new() { Name = 9 }])
            OneFails(tokenizer, new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 20, Stop = ["zz"] }, "could not be added");
    }

    [Fact]
    public void A_decoder_pattern_that_backtracks_fails_its_request_alone()
    {
        using var folder = new TemporaryFolder();
        // Each letter doubles the number of splits of the run.
        var slow = new string('a', 40) + "b";
        var vocabulary = string.Join(", ", Enumerable.Range(0, 41).Select(i => $"\"{(i == 9 ? slow : $"t{i}")}\": {i}"));
        var tokenizer = Tokenizer.Load(folder.Write("tokenizer.json", $$"""
            { "decoder": { "type": "Replace", "pattern": { "Regex": "(a+)+$" }, "content": "x" },
              "model": { "type": "WordLevel", "unk_token": "t0", "vocab": { {{vocabulary}} } } }
            """));
        OneFails(tokenizer, new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 20 }, "tokenizer.json");
    }

    [Fact]
    public void A_constraint_without_an_allowed_token_fails_its_request_alone() => OneFails(
        new LetterTokenizer(), new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 20, Constraint = Constraint.Regex("E~") },
        "No token could be chosen");

    [Fact]
    public void Sampling_that_throws_fails_its_request_alone() => OneFails(
        new LetterTokenizer(), new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 20, Sampling = new() { PresencePenalty = 1 } },
        "No token could be chosen", (loop, number) => loop.Find(number)!.PromptLength = 100);

    [Fact]
    public void Log_probabilities_that_throw_fail_their_request_alone() => OneFails(
        new LetterTokenizer(), new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 20, PromptLogProbabilities = 1 },
        "No token could be chosen", (loop, number) => ((Generation)loop.Find(number)!).Owner.Answers[0].Tokens = [1, 99, 3]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_observer_that_throws_fails_its_request_alone(bool hasMessage) => OneFails(
        new LetterTokenizer(),
        new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 20, Observer = new FailingObserver(hasMessage) },
        hasMessage ? "broken observer" : nameof(SilentException));

    [Theory]
    [InlineData("Ready")]
    [InlineData("Next")]
    [InlineData("Ready Fail")]
    [InlineData("Next Fail")]
    public void A_sink_that_throws_fails_its_request_alone(string places)
    {
        using var loop = new EngineLoop(Counting(new LetterTokenizer()), Small);
        var (faulty, other) = (new FailingSink(places), new CollectingSink());
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 20 }, faulty);
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 4], MaxTokens = 5 }, other);
        RunToEnd(loop);
        Assert.Equal(5, other.Completion.Tokens.Count);
        Assert.IsType<SilentException>(Assert.IsType<EngineFailedException>(faulty.Failure).InnerException);
        Assert.Equal((1, 1), (loop.Statistics.Failed, loop.Statistics.Finished));
    }

    [Theory]
    [InlineData("started")]
    [InlineData("stopped")]
    [InlineData("measured")]
    public async Task A_telemetry_listener_that_throws_fails_its_request_alone(string place)
    {
        // Listeners see the engines of all tests: this one reads the name of its model.
        var (name, fails) = ($"Heard when {place}", true);
        void Hear(string at, bool isOwn)
        {
            if (fails && isOwn && at == place)
                throw new SilentException();
        }

        bool IsOwn(Activity activity) => activity.DisplayName.Contains(name, StringComparison.Ordinal);
        using var activities = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Cambium",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Name.Contains(name, StringComparison.Ordinal) ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStarted = activity => Hear("started", IsOwn(activity)),
            ActivityStopped = activity => Hear("stopped", IsOwn(activity)),
        };
        ActivitySource.AddActivityListener(activities);
        using var meters = new MeterListener();
        meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Cambium" && instrument.Name == "gen_ai.server.request.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
                Hear("measured", Equals(tag.Value, name));
        });
        meters.Start();

        await using var engine = new Engine(new ScriptedModel(name: name), Small with { MaxQueued = 1 });
        var request = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 5 };
        await Assert.ThrowsAsync<SilentException>(() => engine.CompleteAsync(request));
        fails = false;
        Assert.Equal(5, (await engine.CompleteAsync(request)).Tokens.Count);
        await engine.DrainAsync();
    }

    [Fact]
    public void A_sink_may_cancel_others_when_it_fails()
    {
        using var loop = new EngineLoop(Counting(new LetterTokenizer()), Small);
        var numbers = new List<long>();
        var cancelling = new FailingSink("") { OnFail = () => numbers.ForEach(number => loop.Cancel(number)) };
        for (var i = 0; i < 3; i++)
            numbers.Add(loop.Submit(new Request { PromptTokens = (int[])[1, 2, i], MaxTokens = 20 }, cancelling));
        loop.Step();
        loop.CancelAll(new OperationCanceledException());
        Assert.False(loop.HasWork);
        loop.CheckIntegrity();
        Assert.Equal(3, loop.Statistics.Cancelled);
    }

    [Fact]
    public async Task The_engine_serves_on_after_every_kind_of_failure()
    {
        await using var engine = new Engine(Counting(new FailingTokenizer { Unreadable = 9 }), Small);
        var good = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 5 };
        Request[] bad =
        [
            good with { MaxTokens = 20 },
            good with { Observer = new FailingObserver(hasMessage: false) },
            good with { EosTokens = new FailingList<int>() },
            good with { Stop = new FailingList<string>() },
            good with { Constraint = Constraint.Regex("E~") },
        ];
        var answers = bad.Select(request => Record.ExceptionAsync(() => engine.CompleteAsync(request))).ToArray();
        var others = Enumerable.Range(0, 5).Select(_ => engine.CompleteAsync(good)).ToArray();
        Assert.All(await Task.WhenAll(answers), Assert.NotNull);
        Assert.All(await Task.WhenAll(others), static answer => Assert.Equal(5, answer.Tokens.Count));

        // A consumer that throws while it enumerates.
        await Assert.ThrowsAsync<SilentException>(async () =>
        {
            await foreach (var _ in engine.GenerateAsync(good))
                throw new SilentException();
        });
        await engine.DrainAsync();
        Assert.Equal(0, engine.Statistics.Running);
    }

    private static void OneFails(Tokenizer tokenizer, Request request, string message, Action<EngineLoop, long>? inject = null)
    {
        using var loop = new EngineLoop(Counting(tokenizer), Small);
        var (faulty, other) = (new CollectingSink(), new CollectingSink());
        var number = loop.Submit(request, faulty);
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 4], MaxTokens = 5 }, other);
        inject?.Invoke(loop, number);
        RunToEnd(loop);
        Assert.Contains(message, Assert.IsType<EngineFailedException>(faulty.Failure).Message, StringComparison.Ordinal);
        Assert.Equal([3, 4, 5, 6, 7], other.Completion.Tokens);
        Assert.Equal((1, 1), (loop.Statistics.Failed, loop.Statistics.Finished));
    }

    private static void RunToEnd(EngineLoop loop)
    {
        while (loop.HasWork)
        {
            Assert.True(loop.Step());
            loop.CheckIntegrity();
        }
    }

    private static ScriptedModel Counting(Tokenizer tokenizer) => new(static (_, position) => position + 1, new LoadedCheckpoint
    {
        Folder = "none",
        Config = ModelConfig.Parse("{}"),
        Fingerprint = "failing",
    }.With<Tokenizer?>(tokenizer));

    private sealed class SilentException : Exception
    {
        public override string Message => throw new InvalidOperationException("no message either");
    }

    private sealed class FailingObserver(bool hasMessage) : IPromptObserver
    {
        public void Logits(int position, ReadOnlySpan<float> logits) =>
            throw (hasMessage ? new InvalidOperationException("broken observer") : new SilentException());

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden)
        {
        }
    }

    private sealed class FailingSink(string places) : ITokenSink
    {
        public Action? OnFail { get; init; }

        public Exception? Failure { get; private set; }

        public bool Ready => places.Contains("Ready", StringComparison.Ordinal) ? throw new SilentException() : true;

        public void Next(in GeneratedToken token)
        {
            if (places.Contains("Next", StringComparison.Ordinal))
                throw new SilentException();
        }

        public void Fail(Exception reason)
        {
            Failure = reason;
            OnFail?.Invoke();
            if (places.Contains("Fail", StringComparison.Ordinal))
                throw new SilentException();
        }
    }

    private sealed class FailingList<T> : IReadOnlyList<T>
    {
        public int Count => 1;

        public T this[int index] => throw new SilentException();

        public IEnumerator<T> GetEnumerator() => throw new SilentException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Letters, and one token that cannot be read in one of the ways in which an engine reads tokens.</summary>
    private sealed class FailingTokenizer : Tokenizer
    {
        private readonly LetterTokenizer _letters = new();

        public int Unreadable { get; init; } = -1;

        public int Special { get; init; } = -1;

        public int Name { get; init; } = -1;

        public override int VocabularySize => _letters.VocabularySize;

        public override int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false) => _letters.Encode(text);

        public override int? IdOf(string token) => _letters.IdOf(token);

        public override string? TokenOf(int id) => id == Name ? throw new TimeoutException("slow pattern") : _letters.TokenOf(id);

        public override bool IsSpecial(int id) => id == Special ? throw new TimeoutException("slow pattern") : id == Name;

        public override ReadOnlySpan<byte> Bytes(int id) => id == Unreadable ? throw new TimeoutException("slow pattern") : _letters.Bytes(id);
    }
}
