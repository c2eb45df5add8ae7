namespace Quickstart;

/// <summary>The answers against the truth, and against what the reference implementation answered.</summary>
internal sealed class Verdict(IReadOnlyList<Answer> answers)
{
    public int Asked { get; } = answers.Count;

    public int Right { get; } = answers.Count(answer => answer.IsRight);

    public int ReferenceRight { get; } = answers.Count(answer => answer.Question.Reference == answer.Question.Truth);

    public IReadOnlyList<Answer> Different { get; } = [.. answers.Where(answer => answer.Text != answer.Question.Reference)];

    /// <summary>Whether every answer is the reference's, so that the same questions are right and the same are wrong.</summary>
    public bool IsAsRecorded => Different.Count == 0;
}
