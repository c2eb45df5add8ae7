using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Text;

namespace Cambium.Cli;

/// <summary>Loads a checkpoint with the model class of its architecture and shows progress.</summary>
internal static class ModelLoader
{
    /// <param name="threads">Threads that read and pack weights; 0 for one per processor.</param>
    /// <param name="classes">A project or an assembly with classes of the user's own; null for the classes of the zoo.</param>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or no model class supports it.</exception>
    public static CompiledModel Load(string folder, WeightChoice weights, int threads, Terminal terminal,
        CancellationToken cancellation, string? classes = null)
    {
        if (!Directory.Exists(folder) && !File.Exists(folder))
            throw new UserException($"{folder}: no such folder or file. Give the folder with config.json, or a GGUF file.");

        var model = terminal.WithProgress($"Loading {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}", report =>
        {
            var options = new LoadOptions
            {
                Storage = weights.Storage, Products = weights.Products, Threads = threads, Progress = new Reporter(report),
                Adapters = weights.Adapters ?? [], Cancellation = cancellation,
            };
            return classes is null ? Zoo.Load(folder, options) : UserModels.Load(classes, folder, options, cancellation);
        });
        foreach (var warning in model.Checkpoint.Warnings)
            terminal.Error.WriteLine($"warning: {warning}");
        return model;
    }

    /// <summary>As <see cref="Load"/>, and reads the tokenizer at the same time: a large vocabulary takes as long as small weights.</summary>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or no model class supports it.</exception>
    public static CompiledModel LoadWithTokenizer(string folder, WeightChoice weights, int threads, Terminal terminal, CancellationToken cancellation)
    {
        var reading = Task.Run(() => Tokenizer.TryLoad(folder), CancellationToken.None);
        CompiledModel model;
        try
        {
            model = Load(folder, weights, threads, terminal, cancellation);
        }
        finally
        {
            // The tokenizer's file must not stay open.
            Task.WaitAny([reading], CancellationToken.None);
        }

        // An error of the tokenizer is thrown again when it is used.
        if (reading.IsCompletedSuccessfully)
            model.Checkpoint.With(reading.Result);
        return model;
    }

    // Progress<T> would report later and from another thread.
    private sealed class Reporter(Action<double, double> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value.BytesDone, value.BytesTotal);
    }
}
