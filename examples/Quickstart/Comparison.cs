using Cambium.Models;

namespace Quickstart;

/// <summary>The same questions three times: nothing shared, the register shared, and the register also read for all questions together.</summary>
internal sealed class Comparison(Exam exam)
{
    public Trial Alone { get; } = new("each alone", share: false, twoPhase: false);

    public Trial Shared { get; } = new("shared", share: true, twoPhase: false);

    public Trial TwoPhase { get; } = new("shared, two-phase", share: true, twoPhase: true);

    public IReadOnlyList<Trial> Trials => [Alone, Shared, TwoPhase];

    /// <summary>Sharing never changes a bit: every trial must have generated the same tokens.</summary>
    public bool TokensAreEqual => Trials.All(trial => trial.Answers.Count > 0
        && trial.Answers.Zip(Alone.Answers).All(pair => pair.First.Tokens.SequenceEqual(pair.Second.Tokens)));

    public async Task RunAsync(string folder, CancellationToken cancellation)
    {
        using var model = Llama.Load(folder);
        // The first time through a method, .NET compiles it; that is nobody's cost.
        foreach (var trial in Trials)
            await trial.RunAsync(model, exam, tokens: 8, cancellation);
        foreach (var trial in Trials)
            await trial.RunAsync(model, exam, tokens: 64, cancellation);
    }
}
