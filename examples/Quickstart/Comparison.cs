using Cambium.Models;

namespace Quickstart;

/// <summary>The same questions served in three ways.</summary>
internal sealed class Comparison(Exam exam)
{
    public const string Legend = "two-phase: the register is shared and read for all questions together; shared: each reads it; alone: each is a tenant of its own";

    private const int Rounds = 5;

    public Trial TwoPhase { get; } = new("two-phase", share: true, twoPhase: true);

    public Trial Shared { get; } = new("shared", share: true, twoPhase: false);

    public Trial Alone { get; } = new("alone", share: false, twoPhase: false);

    public IReadOnlyList<Trial> Trials => [TwoPhase, Shared, Alone];

    /// <summary>Sharing never changes a bit: every trial must have generated the same tokens.</summary>
    public bool TokensAreEqual => Trials.All(trial => trial.Answers.Count > 0
        && trial.Answers.Zip(Alone.Answers).All(pair => pair.First.Tokens.SequenceEqual(pair.Second.Tokens)));

    public async Task RunAsync(string folder, CancellationToken cancellation)
    {
        using var model = Llama.Load(folder);
        // In turn, so that a slower clock or a busy machine meets both. The long one comes last, when everything is compiled.
        for (var round = 0; round < Rounds; round++)
        {
            await TwoPhase.RunAsync(model, exam, cancellation);
            await Shared.RunAsync(model, exam, cancellation);
        }

        await Alone.RunAsync(model, exam, cancellation);
    }
}
