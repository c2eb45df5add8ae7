namespace Cambium.Text.Templates;

/// <summary>A chat template cannot be read or rendered. The message names the line and what is wrong there.</summary>
public sealed class ChatTemplateException : Exception
{
    /// <param name="line">The line of the template, from 1; 0 where it is none.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="raised">What the template itself said, if it refused its input.</param>
    /// <param name="inner">The error underneath, if there is one.</param>
    public ChatTemplateException(int line, string problem, string? raised = null, Exception? inner = null)
        : base(line > 0 ? $"Chat template, line {line}: {problem}" : $"Chat template: {problem}", inner)
    {
        Line = line;
        Raised = raised;
    }

    /// <summary>The line of the template, from 1; 0 where it is none.</summary>
    public int Line { get; }

    /// <summary>What the template said by <c>raise_exception</c>, such as that roles have to alternate; null for every other mistake.</summary>
    public string? Raised { get; }
}
