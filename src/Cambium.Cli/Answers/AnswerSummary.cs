using System.Diagnostics;
using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;

namespace Cambium.Cli.Answers;

/// <summary>What the answers to one request took: listens to their tokens and says it in one line.</summary>
internal sealed class AnswerSummary
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<FinishReason> _ends = [];
    private TimeSpan _first;
    private Usage? _usage;

    /// <summary>Tokens so far, of all answers.</summary>
    public int Tokens { get; private set; }

    public void Add(in GeneratedToken token)
    {
        if (Tokens++ == 0)
            _first = _clock.Elapsed;
        if (token.Finish == FinishReason.None)
            return;
        _ends.Add(token.Finish);
        // What the prompt took is the first answer's affair; the others find it computed.
        if (token.Fork == 0)
            _usage = token.Usage;
    }

    public override string ToString()
    {
        if (Tokens == 0)
            return "[not finished]";
        var total = _clock.Elapsed;
        var prompt = _usage is { } usage ? $"{usage.PromptTokens} prompt tokens ({usage.CachedTokens} cached), " : "";
        // The first token is the prompt's time.
        var speed = Tokens > 1 && total > _first ? string.Create(CultureInfo.InvariantCulture, $" at {(Tokens - 1) / (total - _first).TotalSeconds:0.0} tok/s") : "";
        var end = _ends.Count == 0 ? "not finished" : string.Join(", ", _ends.Distinct().Select(Name));
        return string.Create(CultureInfo.InvariantCulture, $"[{prompt}first token after {_first.TotalMilliseconds:0} ms, {Tokens} tokens{speed}; {end}]");
    }

    private static string Name(FinishReason reason) => reason switch
    {
        FinishReason.EndOfText => "end of text",
        FinishReason.StopString => "stopped by --stop",
        FinishReason.Complete => "complete",
        FinishReason.Length => "stopped by --max-tokens",
        FinishReason.ContextFull => "the context is full",
        _ => "not finished",
    };
}
