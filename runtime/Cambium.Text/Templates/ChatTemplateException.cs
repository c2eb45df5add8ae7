namespace Cambium.Text.Templates;

/// <summary>A chat template cannot be parsed or rendered. The message names the line and the problem.</summary>
public sealed class ChatTemplateException : Exception
{
    /// <param name="line">The line of the template, from 1; 0 for an error without a line.</param>
    /// <param name="problem">The problem, as a sentence.</param>
    /// <param name="raised">The message of <c>raise_exception</c>, if the template refused its input.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public ChatTemplateException(int line, string problem, string? raised = null, Exception? inner = null)
        : base(line > 0 ? $"Chat template, line {line}: {problem}" : $"Chat template: {problem}", inner)
    {
        Line = line;
        Raised = raised;
    }

    /// <summary>The line of the template, from 1; 0 for an error without a line.</summary>
    public int Line { get; }

    /// <summary>The message of <c>raise_exception</c>, such as that roles have to alternate; null for other errors.</summary>
    public string? Raised { get; }
}
