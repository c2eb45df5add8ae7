using System.Diagnostics;
using Cambium.Runtime.Engine;

namespace Quickstart;

/// <summary>One way of serving the exam, and what it took.</summary>
internal sealed class Trial(string name, bool share, bool twoPhase)
{
    private Engine? _engine;
    private Stopwatch _watch = new();

    public string Name { get; } = name;

    public EngineStatistics Statistics => _engine?.Statistics ?? default;

    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>Empty until the trial is over.</summary>
    public IReadOnlyList<Completion> Answers { get; private set; } = [];

    /// <summary>Asks everything at once on an engine of its own, and goes on writing after the answer, so that there is something to measure.</summary>
    public async Task RunAsync(CompiledModel model, Exam exam, int tokens, CancellationToken cancellation)
    {
        var requests = exam.Questions.Select((question, i) => new Request
        {
            Prompt = exam.PromptFor(question),
            MaxTokens = tokens,
            EndOfText = [],
            // Tenants never see each other's prefixes.
            Tenant = share ? "" : $"tenant {i}",
        });
        await using var engine = _engine = new Engine(model, new EngineOptions { TwoPhase = twoPhase });
        _watch = Stopwatch.StartNew();
        Answers = await Task.WhenAll(requests.Select(request => engine.CompleteAsync(request, cancellation)));
        _watch.Stop();
    }
}
