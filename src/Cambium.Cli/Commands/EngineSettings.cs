using System.CommandLine;
using System.CommandLine.Parsing;
using Cambium.Runtime;

namespace Cambium.Cli.Commands;

/// <summary>The engine options, which every command has. Of these only the chunk size may change a bit of the output.</summary>
internal sealed class EngineSettings
{
    private readonly Option<int> _threads = new Option<int>("--threads")
    {
        Description = "Threads of the kernels; 0 for one per processor.",
        HelpName = "n",
    }.AtLeast(0);

    private readonly Option<int?> _chunkSize = new Option<int?>("--chunk-size")
    {
        Description = "Tokens per chunk (page) of the KV cache, a multiple of the SIMD panel width. [default: 64]",
        HelpName = "tokens",
    }.AtLeast(1);

    private readonly Option<string> _twoPhase = new("--two-phase")
    {
        Description = "Two-phase attention, which reads shared chunks once for all sequences: when it is faster, always, or never.",
        DefaultValueFactory = static _ => "auto",
        HelpName = "auto|on|off",
        Validators = { RequireTwoPhase },
    };

    private readonly Option<int?> _prefill = new Option<int?>("--prefill")
    {
        Description = "Maximum number of prompt tokens prefilled in one step. [default: 512]",
        HelpName = "tokens",
    }.AtLeast(1);

    private readonly Option<int?> _poolTokens = new Option<int?>("--pool-tokens")
    {
        Description = "Size of the KV cache in tokens. [default: what the model can use, at most half of the free memory]",
        HelpName = "tokens",
    }.AtLeast(1);

    public void AddTo(Command command)
    {
        command.Add(_threads);
        command.Add(_chunkSize);
        command.Add(_twoPhase);
        command.Add(_prefill);
        command.Add(_poolTokens);
    }

    public EngineOptions Read(ParseResult parsed)
    {
        var defaults = new EngineOptions();
        return defaults with
        {
            Threads = parsed.GetValue(_threads),
            ChunkSize = parsed.GetValue(_chunkSize) ?? defaults.ChunkSize,
            TwoPhase = parsed.GetValue(_twoPhase) switch { "on" => true, "off" => false, _ => null },
            MaxRowsPerStep = parsed.GetValue(_prefill) ?? defaults.MaxRowsPerStep,
            PoolTokens = parsed.GetValue(_poolTokens),
        };
    }

    private static void RequireTwoPhase(OptionResult result)
    {
        if (result.Tokens is [{ Value: not ("auto" or "on" or "off") and var value }])
            result.AddError($"Option '--two-phase' is {value}; it must be auto, on or off.");
    }

    /// <summary>Creates an engine or encoder and reports invalid options as user errors.</summary>
    /// <exception cref="UserException">An option is invalid for the model or the machine.</exception>
    public static T Build<T>(Func<T> build)
    {
        try
        {
            return build();
        }
        catch (ArgumentException error)
        {
            // The framework appends a parameter name, which is not an option of this tool.
            throw new UserException(error.Message.Split(" (Parameter '")[0], error);
        }
    }
}
