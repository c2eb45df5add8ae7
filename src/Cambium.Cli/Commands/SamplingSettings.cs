using System.CommandLine;
using Cambium.Runtime;

namespace Cambium.Cli.Commands;

/// <summary>The options of every command that generates: how tokens are chosen, and where an answer ends.</summary>
internal sealed class SamplingSettings
{
    private readonly Option<int?> _maxTokens = new Option<int?>("--max-tokens", "-n") { Description = "Tokens of an answer at most; by default until the context is full.", HelpName = "n" }.AtLeast(1);

    private readonly Option<string[]> _stop = new("--stop") { Description = "Text that ends the answer, which is cut before it; may be given several times.", HelpName = "text", DefaultValueFactory = static _ => [] };

    private readonly Option<float> _temperature = new Option<float>("--temperature", "-t") { Description = "0 takes the likeliest token; higher draws more freely.", HelpName = "t" }
        .Within(static t => t >= 0 && float.IsFinite(t), "0 or a positive number");

    private readonly Option<int> _topK = new Option<int>("--top-k") { Description = "Draws from the likeliest so many tokens; 0: all.", HelpName = "n" }.AtLeast(0);

    private readonly Option<float> _topP = new Option<float>("--top-p") { Description = "Draws from the likeliest tokens that have this probability together; 1: all.", HelpName = "p", DefaultValueFactory = static _ => 1 }
        .Within(static p => p is > 0 and <= 1, "above 0 and at most 1 (all tokens)");

    private readonly Option<float> _minP = new Option<float>("--min-p") { Description = "Draws from tokens at least this share as likely as the likeliest; 0: all.", HelpName = "p" }
        .Within(static p => p is >= 0 and <= 1, "from 0 (all tokens) to 1");

    private readonly Option<float> _typical = new Option<float>("--typical") { Description = "Draws from tokens about as surprising as expected, which have this probability together; 1: all.", HelpName = "p", DefaultValueFactory = static _ => 1 }
        .Within(static p => p is > 0 and <= 1, "above 0 and at most 1 (all tokens)");

    private readonly Option<float> _repetition = new Option<float>("--repetition-penalty") { Description = "Divides the scores of tokens that prompt or answer have; 1: off.", HelpName = "x", DefaultValueFactory = static _ => 1 }
        .Within(static x => x > 0 && float.IsFinite(x), "a positive number, 1 for none");

    private readonly Option<float> _presence = new Option<float>("--presence-penalty") { Description = "Subtracted from the scores of tokens that the answer has; 0: off.", HelpName = "x" }
        .Within(float.IsFinite, "a number, 0 for none");

    private readonly Option<float> _frequency = new Option<float>("--frequency-penalty") { Description = "The same for each time that the answer has the token; 0: off.", HelpName = "x" }
        .Within(float.IsFinite, "a number, 0 for none");

    private readonly Option<ulong?> _seed = new("--seed") { Description = "Makes draws repeatable: the same seed gives the same text.", HelpName = "n" };

    public void AddTo(Command command)
    {
        foreach (var option in (ReadOnlySpan<Option>)[_maxTokens, _stop, _temperature, _topK, _topP, _minP, _typical, _repetition, _presence, _frequency, _seed])
            command.Add(option);
    }

    /// <summary>A request that says so much, without a prompt.</summary>
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
