using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Cambium.Text.Templates;

/// <summary>One rendering: what it has used of its limits, and where it is.</summary>
internal sealed class TemplateRun(ChatTemplateLimits limits, DateTimeOffset now, CancellationToken cancellation)
{
    // The clock is read once in so many steps.
    private const int StepsBetweenLooks = 1024;

    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _steps;
    private long _size;
    private long _lookAt = StepsBetweenLooks;
    private int _depth;

    public ChatTemplateLimits Limits { get; } = limits;

    public DateTimeOffset Now { get; } = now;

    /// <summary>The line that is being rendered.</summary>
    public int Line { get; set; } = 1;

    /// <summary>Counts work before it is done.</summary>
    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps > Limits.Steps)
            throw new ChatTemplateException(Line, $"More than {Limits.Steps} steps were taken; raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.Steps)} if that is what the template needs.");
        if (_steps < _lookAt)
            return;
        _lookAt = _steps + StepsBetweenLooks;
        cancellation.ThrowIfCancellationRequested();
        if (Stopwatch.GetElapsedTime(_begin) > Limits.Time)
            throw new ChatTemplateException(Line, $"Rendering took longer than {Limits.Time}; raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.Time)} if that is what the template needs.");
    }

    /// <summary>Counts characters or items before they are made.</summary>
    public void Grow(long count)
    {
        _size += count;
        if (_size > Limits.Size || count > Limits.Size)
            throw new ChatTemplateException(Line, $"Texts and lists of more than {Limits.Size} characters and items were made; raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.Size)} if that is what the template needs.");
        Step(1 + (count / 16));
    }

    /// <summary>Counts a text that was made.</summary>
    public string Grown(string text)
    {
        Grow(text.Length);
        return text;
    }

    public PyList Grown(List<object?> items)
    {
        Grow(items.Count);
        return new PyList(items);
    }

    public void Write(StringBuilder output, string text)
    {
        if ((long)output.Length + text.Length > Limits.OutputLength)
            throw new ChatTemplateException(Line, $"The result has more than {Limits.OutputLength} characters; raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.OutputLength)} if that is what the template needs.");
        Grow(text.Length);
        output.Append(text);
    }

    /// <summary>Goes one level deeper.</summary>
    public void Enter()
    {
        // A level of a template is several frames of the stack, so the stack itself is asked, too.
        if (++_depth > Limits.Depth * 8 || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ChatTemplateException(Line, $"Calls and expressions are nested too deep; {Limits.Depth} levels are allowed.");
    }

    public void Leave() => _depth--;

    public int CallDepth { get; set; }
}
