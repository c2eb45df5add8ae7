namespace Quickstart;

/// <summary>Compares the answers with the correct ones and with those of the reference implementation.</summary>
internal sealed class Verdict(IReadOnlyList<Answer> answers)
{
    public int Asked { get; } = answers.Count;

    public int Right { get; } = answers.Count(answer => answer.IsRight);

    public int ReferenceRight { get; } = answers.Count(answer => answer.Question.Reference == answer.Question.Truth);

    public IReadOnlyList<Answer> Different { get; } = [.. answers.Where(answer => answer.Text != answer.Question.Reference)];

    /// <summary>Whether every answer, right or wrong, is the answer of the reference.</summary>
    public bool IsAsRecorded => Different.Count == 0;
}
