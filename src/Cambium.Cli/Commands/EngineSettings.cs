using System.CommandLine;
using Cambium.Runtime;

namespace Cambium.Cli.Commands;

/// <summary>The options that every command passes on to the engine. None of them changes a bit of the output.</summary>
internal sealed class EngineSettings
{
    private readonly Option<int> _threads = new Option<int>("--threads") { Description = "Threads of the kernels; 0: one for every processor.", HelpName = "n" }.AtLeast(0);
    private readonly Option<int?> _chunkSize = new Option<int?>("--chunk-size") { Description = "Tokens in a chunk of the prefix tree, a multiple of the SIMD panel width. [default: 64]", HelpName = "tokens" }.AtLeast(1);
    private readonly Option<string> _twoPhase = new("--two-phase") { Description = "Attention over shared chunks, once for all sequences: where it pays, always or never.", DefaultValueFactory = static _ => "auto" };
    private readonly Option<int?> _prefill = new Option<int?>("--prefill") { Description = "Prompt tokens computed in one step at most. [default: 512]", HelpName = "tokens" }.AtLeast(1);
    private readonly Option<int?> _poolTokens = new Option<int?>("--pool-tokens") { Description = "Tokens whose keys and values the pool holds; by default what the model and half of the free memory allow.", HelpName = "tokens" }.AtLeast(1);

    public EngineSettings() => _twoPhase.AcceptOnlyFromAmong("auto", "on", "off");

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

    /// <summary>Builds what runs with these options.</summary>
    /// <exception cref="UserException">An option does not fit the model or the machine.</exception>
    public static T Build<T>(Func<T> build)
    {
        try
        {
            return build();
        }
        catch (ArgumentException error)
        {
            // The framework appends the name of a parameter, which is no option of this tool.
            throw new UserException(error.Message.Split(" (Parameter '")[0], error);
        }
    }
}
