using Cambium.Checkpoints;
using Cambium.Cli.Commands;
using Cambium.Runtime;
using Cambium.Text.Templates;

namespace Cambium.Cli.Sequences;

/// <summary>Chooses how an entry point is run.</summary>
internal static class Runners
{
    /// <param name="entry">The author's name of it.</param>
    /// <exception cref="UserException">The model has no such entry point, or an option does not fit.</exception>
    public static ISequenceRunner Create(CompiledModel model, string entry, EngineOptions options) => EngineSettings.Build<ISequenceRunner>(
        () => entry == model.EntryPoints[0].Name && model.EntryPoints[0] is { IsCausal: true, Inputs.Count: 1, Rows: ResultRows.All }
            ? new EngineRunner(model, options)
            : new EncoderRunner(model, entry, options));
}
