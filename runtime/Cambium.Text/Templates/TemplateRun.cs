using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Cambium.Text.Templates;

/// <summary>The state of one rendering: its use of the limits and its position.</summary>
internal sealed class TemplateRun(ChatTemplateLimits limits, DateTimeOffset now, CancellationToken cancellation)
{
    // Reading the clock at every step would cost more than the step.
    private const int StepsBetweenLooks = 1024;

    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _steps;
    private long _size;
    private long _lookAt = StepsBetweenLooks;
    private int _depth;

    public ChatTemplateLimits Limits { get; } = limits;

    public DateTimeOffset Now { get; } = now;

    /// <summary>The current line.</summary>
    public int Line { get; set; } = 1;

    /// <summary>Counts steps, before they run.</summary>
    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps > Limits.Steps)
            throw new ChatTemplateException(
                Line,
                $"More than {Limits.Steps} steps were taken; "
                    + $"raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.Steps)} if that is what the template needs.");
        if (_steps < _lookAt)
            return;
        _lookAt = _steps + StepsBetweenLooks;
        cancellation.ThrowIfCancellationRequested();
        if (Stopwatch.GetElapsedTime(_begin) > Limits.Time)
            throw new ChatTemplateException(
                Line,
                $"Rendering took longer than {Limits.Time}; "
                    + $"raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.Time)} if that is what the template needs.");
    }

    /// <summary>Counts an operation that reads every character of a text.</summary>
    public void Read(string text) => Step(1 + (text.Length / 16));

    /// <summary>Counts characters or items, before their memory is allocated.</summary>
    public void Grow(long count)
    {
        _size += count;
        if (_size > Limits.Size || count > Limits.Size)
            throw new ChatTemplateException(
                Line,
                $"Texts and lists of more than {Limits.Size} characters and items were made; "
                    + $"raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.Size)} if that is what the template needs.");
        Step(1 + (count / 16));
    }

    public PyList Grown(List<object?> items)
    {
        Grow(items.Count);
        return new PyList(items);
    }

    public void Write(TextBuilder output, PyText text)
    {
        if ((long)output.Length + text.Length > Limits.OutputLength)
            throw new ChatTemplateException(
                Line,
                $"The result has more than {Limits.OutputLength} characters; "
                    + $"raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.OutputLength)} if that is what the template needs.");
        Step();
        output.Append(text);
    }

    /// <summary>Goes one level deeper.</summary>
    public void Enter()
    {
        // One level of a template takes several stack frames, so the stack is checked as well.
        if (++_depth > Limits.Depth * 8 || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ChatTemplateException(Line, $"Calls, expressions and values are nested too deep; {Limits.Depth} levels are allowed.");
    }

    public void Leave() => _depth--;

    public int CallDepth { get; set; }
}
