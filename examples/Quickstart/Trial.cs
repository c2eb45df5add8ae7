using System.Diagnostics;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Cache;
using Cambium.Text.Templates;

namespace Quickstart;

/// <summary>One way of serving the exam, and what its fastest run took.</summary>
internal sealed class Trial(string name, bool share, bool twoPhase)
{
    // An answer has three or four tokens. To have something to measure, the model goes on to questions of its own.
    private const int TokensPerAnswer = 64;

    // Replaced as a whole: the screen may look at any time.
    private volatile Outcome? _best;
    private volatile Outcome? _running;

    public string Name { get; } = name;

    /// <summary>The fastest run; while the first one runs, what it took up to now; null before it.</summary>
    public Outcome? Outcome => _best ?? _running;

    /// <summary>Empty until a run is over.</summary>
    public IReadOnlyList<Completion> Answers { get; private set; } = [];

    /// <summary>Asks everything at once, on an engine of its own.</summary>
    public async Task RunAsync(CompiledModel model, Exam exam, CancellationToken cancellation)
    {
        await using var engine = new Engine(model, new EngineOptions { TwoPhase = twoPhase });
        var outcome = _running = new Outcome(engine, Stopwatch.StartNew());
        var requests = exam.Questions.Select((question, i) => new Request
        {
            Prompt = exam.PromptFor(question),
            MaxTokens = TokensPerAnswer,
            EndOfText = [],
            // Tenants never see each other's prefixes.
            Tenant = share ? "" : $"tenant {i}",
        });
        Answers = await Task.WhenAll(requests.Select(request => engine.CompleteAsync(request, cancellation)));
        outcome.Stop();
        if (_best is null || outcome.Elapsed < _best.Elapsed)
            _best = outcome;
    }
}

/// <summary>What a run took, up to now or in all.</summary>
internal sealed class Outcome(Engine engine, Stopwatch watch)
{
    public EngineStatistics Statistics => engine.Statistics;

    public TimeSpan Elapsed => watch.Elapsed;

    public void Stop() => watch.Stop();
}
