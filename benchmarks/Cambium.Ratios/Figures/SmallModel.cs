using Cambium.Models;
using Cambium.Runtime;

namespace Cambium.Benchmarks;

/// <summary>
/// The small model with many sequences below one long prompt. The tokenizer is left out, so that a step does not decode text.
/// </summary>
internal sealed class SmallModel : IDisposable
{
    private const int Register = 1500;
    private const int WarmSteps = 80;

    private readonly CompiledModel _model;

    public SmallModel(Session session, int sequences, int steps)
    {
        _model = Zoo.Load(CopyWithoutTokenizer(session.Options.Model));
        var vocabulary = _model.OutputWidth;
        Loop = new EngineLoop(_model, new EngineOptions
        {
            Threads = session.Options.Threads,
            MaxSequences = sequences,
            PoolTokens = Register + 128 + (sequences * (steps + 192 + (2 * WarmSteps))),
            Seed = 1,
        });
        var random = new Random(2);
        var register = Enumerable.Range(0, Register).Select(_ => random.Next(3, vocabulary)).ToArray();
        for (var i = 0; i < sequences; i++)
        {
            // Different lengths, so that the sequences fill their chunks in different steps.
            int[] question = [.. Enumerable.Range(0, 8 + (i % 16)).Select(_ => random.Next(3, vocabulary))];
            var request = new Request
            {
                PromptTokens = (int[])[.. register, .. question],
                MaxTokens = steps + (2 * WarmSteps),
                EosTokens = [],
                Sampling = new() { Temperature = 1, Seed = (ulong)i },
            };
            Loop.Submit(request, new IgnoringSink());
        }

        // Runs until every sequence decodes and has started a new chunk.
        do
            Loop.Step();
        while (Loop.Statistics is { Waiting: > 0 } || Loop.Statistics.TokensGenerated < WarmSteps * sequences);
    }

    public EngineLoop Loop { get; }

    public void Dispose()
    {
        Loop.Dispose();
        _model.Dispose();
    }

    private static string CopyWithoutTokenizer(string model)
    {
        if (!File.Exists(Path.Combine(model, "config.json")))
            throw new ArgumentException($"{model} has no config.json; name a checkpoint with --model.");
        var copy = Path.Combine(Repository.Temporary, "small");
        Directory.CreateDirectory(copy);
        foreach (var file in (string[])["config.json", "generation_config.json", "model.safetensors"])
        {
            if (File.Exists(Path.Combine(model, file)))
                File.Copy(Path.Combine(model, file), Path.Combine(copy, file), overwrite: true);
        }

        return copy;
    }
}
