using System.CommandLine;
using Cambium.Runtime;

namespace Cambium.Cli.Commands;

/// <summary>The options of every command that generates text: sampling, and where an answer ends.</summary>
internal sealed class SamplingSettings
{
    private readonly Option<int?> _maxTokens = new Option<int?>("--max-tokens", "-n")
    {
        Description = "Maximum number of tokens per answer. [default: until the context is full]",
        HelpName = "n",
    }.AtLeast(1);

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Stop string: ends the answer, which is cut before it. May be repeated.",
        HelpName = "text",
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<float> _temperature = new Option<float>("--temperature", "-t")
    {
        Description = "Sampling temperature; 0 takes the most likely token.",
        HelpName = "t",
    }.Within(static t => t >= 0 && float.IsFinite(t), "0 or a positive number");

    private readonly Option<int> _topK = new Option<int>("--top-k")
    {
        Description = "Samples from the n most likely tokens; 0 for all.",
        HelpName = "n",
    }.AtLeast(0);

    private readonly Option<float> _topP = new Option<float>("--top-p")
    {
        Description = "Nucleus sampling: samples from the most likely tokens with this total probability; 1 for all.",
        HelpName = "p",
        DefaultValueFactory = static _ => 1,
    }.Within(static p => p is > 0 and <= 1, "above 0 and at most 1 (all tokens)");

    private readonly Option<float> _minP = new Option<float>("--min-p")
    {
        Description = "Samples from tokens with at least this fraction of the top token's probability; 0 for all.",
        HelpName = "p",
    }.Within(static p => p is >= 0 and <= 1, "from 0 (all tokens) to 1");

    private readonly Option<float> _typical = new Option<float>("--typical")
    {
        Description = "Locally typical sampling: samples from the tokens nearest to the expected information with this total probability; 1 for all.",
        HelpName = "p",
        DefaultValueFactory = static _ => 1,
    }.Within(static p => p is > 0 and <= 1, "above 0 and at most 1 (all tokens)");

    private readonly Option<float> _repetition = new Option<float>("--repetition-penalty")
    {
        Description = "Divides the logits of tokens in the prompt or the answer; 1 for off.",
        HelpName = "x",
        DefaultValueFactory = static _ => 1,
    }.Within(static x => x > 0 && float.IsFinite(x), "a positive number, 1 for none");

    private readonly Option<float> _presence = new Option<float>("--presence-penalty")
    {
        Description = "Subtracted from the logits of tokens in the answer; 0 for off.",
        HelpName = "x",
    }.Within(float.IsFinite, "a number, 0 for none");

    private readonly Option<float> _frequency = new Option<float>("--frequency-penalty")
    {
        Description = "Subtracted from a token's logit once per occurrence in the answer; 0 for off.",
        HelpName = "x",
    }.Within(float.IsFinite, "a number, 0 for none");

    private readonly Option<ulong?> _seed = new("--seed") { Description = "Random seed: the same seed gives the same text.", HelpName = "n" };

    public void AddTo(Command command)
    {
        ReadOnlySpan<Option> options = [_maxTokens, _stop, _temperature, _topK, _topP, _minP, _typical, _repetition, _presence, _frequency, _seed];
        foreach (var option in options)
            command.Add(option);
    }

    /// <summary>A request with these options and no prompt.</summary>
    public Request Read(ParseResult parsed) => new()
    {
        MaxTokens = parsed.GetValue(_maxTokens),
        Stop = parsed.GetValue(_stop) ?? [],
        Sampling = new()
        {
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            MinP = parsed.GetValue(_minP),
            TypicalP = parsed.GetValue(_typical),
            RepetitionPenalty = parsed.GetValue(_repetition),
            PresencePenalty = parsed.GetValue(_presence),
            FrequencyPenalty = parsed.GetValue(_frequency),
            Seed = parsed.GetValue(_seed),
        },
    };
}
