using Cambium.Models;

namespace Quickstart;

/// <summary>Serves the same questions in three ways.</summary>
internal sealed class Comparison(Exam exam)
{
    public const string Legend = "two-phase: the register is shared and read once for all questions; shared: each question reads it; "
        + "alone: each has its own tenant";

    private const int Rounds = 5;

    public Trial TwoPhase { get; } = new("two-phase", share: true, twoPhase: true);

    public Trial Shared { get; } = new("shared", share: true, twoPhase: false);

    public Trial Alone { get; } = new("alone", share: false, twoPhase: false);

    public IReadOnlyList<Trial> Trials => [TwoPhase, Shared, Alone];

    /// <summary>Sharing does not change results: all trials must have generated the same tokens.</summary>
    public bool TokensAreEqual => Trials.All(trial => trial.Answers.Count > 0
        && trial.Answers.Zip(Alone.Answers).All(pair => pair.First.Tokens.SequenceEqual(pair.Second.Tokens)));

    public async Task RunAsync(string folder, CancellationToken cancellation)
    {
        using var model = Llama.Load(folder);
        // Alternating, so that changes of the clock or the load affect both. The slow trial runs last, when all code is compiled.
        for (var round = 0; round < Rounds; round++)
        {
            await TwoPhase.RunAsync(model, exam, cancellation);
            await Shared.RunAsync(model, exam, cancellation);
        }

        await Alone.RunAsync(model, exam, cancellation);
    }
}
