using System.Diagnostics;
using System.Globalization;
using Cambium.Runtime;

namespace Cambium.Cli.Answers;

/// <summary>Counts the tokens of all answers to one request and prints time to first token, throughput and finish reasons in one line.</summary>
internal sealed class AnswerSummary
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<FinishReason> _ends = [];
    private TimeSpan _first;
    private Usage? _usage;

    /// <summary>Tokens of all answers so far.</summary>
    public int Tokens { get; private set; }

    public void Add(in GeneratedToken token)
    {
        if (Tokens++ == 0)
            _first = _clock.Elapsed;
        if (token.Finish == FinishReason.None)
            return;
        _ends.Add(token.Finish);
        // Only the first answer prefills the prompt. The others find it in the KV cache.
        if (token.Fork == 0)
            _usage = token.Usage;
    }

    public override string ToString()
    {
        if (Tokens == 0)
            return "[not finished]";
        var total = _clock.Elapsed;
        var prompt = _usage is { } usage ? $"{usage.PromptTokens} prompt tokens ({usage.CachedTokens} cached), " : "";
        // Decode throughput: the time to the first token is prefill.
        var speed = Tokens > 1 && total > _first
            ? string.Create(CultureInfo.InvariantCulture, $" at {(Tokens - 1) / (total - _first).TotalSeconds:0.0} tok/s")
            : "";
        var end = _ends.Count == 0 ? "not finished" : string.Join(", ", _ends.Distinct().Select(Name));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[{prompt}first token after {_first.TotalMilliseconds:0} ms, {Tokens} tokens{speed}; {end}]");
    }

    private static string Name(FinishReason reason) => reason switch
    {
        FinishReason.Eos => "EOS",
        FinishReason.StopString => "stopped by --stop",
        FinishReason.Complete => "complete",
        FinishReason.Length => "stopped by --max-tokens",
        FinishReason.ContextFull => "the context is full",
        _ => "not finished",
    };
}
