using System.Diagnostics;
using Cambium.Runtime;
using Cambium.Runtime.Cache;

namespace Quickstart;

/// <summary>One way to serve the exam, with the statistics of its fastest run.</summary>
internal sealed class Trial(string name, bool share, bool twoPhase)
{
    // The answers have three or four tokens, which is too short to measure. The model continues with questions of its own.
    private const int TokensPerAnswer = 64;

    // Each is replaced as a whole, because the screen may read it at any time.
    private volatile Outcome? _best;
    private volatile Outcome? _running;

    public string Name { get; } = name;

    /// <summary>The fastest run; during the first run, its state so far; null before.</summary>
    public Outcome? Outcome => _best ?? _running;

    /// <summary>Empty until the first run ends.</summary>
    public IReadOnlyList<Completion> Answers { get; private set; } = [];

    /// <summary>Asks all questions at once, on a new engine.</summary>
    public async Task RunAsync(CompiledModel model, Exam exam, CancellationToken cancellation)
    {
        await using var engine = new Engine(model, new EngineOptions { TwoPhase = twoPhase });
        var outcome = _running = new Outcome(engine, Stopwatch.StartNew());
        var requests = exam.Questions.Select((question, i) => new Request
        {
            Prompt = exam.PromptFor(question),
            MaxTokens = TokensPerAnswer,
            EosTokens = [],
            // Tenants do not share prefixes.
            Tenant = share ? "" : $"tenant {i}",
        });
        Answers = await Task.WhenAll(requests.Select(request => engine.CompleteAsync(request, cancellation)));
        outcome.Stop();
        if (_best is null || outcome.Elapsed < _best.Elapsed)
            _best = outcome;
    }
}

/// <summary>Statistics and time of a run.</summary>
internal sealed class Outcome(Engine engine, Stopwatch watch)
{
    public EngineStatistics Statistics => engine.Statistics;

    public TimeSpan Elapsed => watch.Elapsed;

    public void Stop() => watch.Stop();
}
