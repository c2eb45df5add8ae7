using Cambium.Cli.Sequences;
using Cambium.Runtime;

namespace Cambium.Cli.Commands;

/// <summary>Creates the runner of an entry point: the engine for language models, the encoder for all others.</summary>
internal static class Runners
{
    /// <param name="entry">The name of the method in the model class.</param>
    /// <param name="prefixes">Loads the prefixes of all sequences; null for none.</param>
    /// <exception cref="UserException">The model has no such entry point, or an option is invalid.</exception>
    public static ISequenceRunner Create(
        CompiledModel model, string entry, EngineOptions options, Func<EngineLoop, IReadOnlyList<PrefixUse>>? prefixes = null) =>
        EngineSettings.Build<ISequenceRunner>(
            () => entry == model.EntryPoints[0].Name && model.EntryPoints[0] is { IsCausal: true, Inputs.Count: 1, Rows: ResultRows.All }
                ? new EngineRunner(model, options, prefixes)
                : new EncoderRunner(model, entry, options));
}
