using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Loading;

namespace Cambium.Fuzz.Kinds;

/// <summary>Loads a checkpoint and computes with it.</summary>
internal static class ModelRun
{
    private static readonly WeightStorage[] Storages =
        [WeightStorage.F32, WeightStorage.F32, WeightStorage.BF16, WeightStorage.Int8, WeightStorage.Int4];

    public static void Run(string checkpoint, Random random)
    {
        using var model = Zoo.Load(checkpoint, new LoadOptions { Storage = Storages[random.Next(Storages.Length)] });
        _ = model.Checkpoint.Tokenizer;
        if (model.Checkpoint.Config.Architectures.Any(static name => name.Contains("T5", StringComparison.Ordinal)))
            Encode(model, random);
        else
            GenerateAsync(model, random).GetAwaiter().GetResult();
    }

    private static void Encode(CompiledModel model, Random random)
    {
        using var encoder = new Encoder(model, options: new EncoderOptions { Threads = random.Next(1, 3), ChunkSize = 32 });
        var vocabulary = encoder.EntryPoint.Inputs[0].Limit ?? model.Checkpoint.Config.Int("vocab_size");
        encoder.Run([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new EncoderInput(Tokens(random, random.Next(1, 80), vocabulary)))]);
    }

    private static async Task GenerateAsync(CompiledModel model, Random random)
    {
        var options = new EngineOptions
        {
            Threads = random.Next(1, 3),
            ChunkSize = random.Next(2) == 0 ? 32 : 64,
            PoolTokens = random.Next(100, 700),
            MaxSequences = random.Next(1, 5),
            MaxRowsPerStep = random.Next(3) == 0 ? random.Next(1, 5) : random.Next(5, 100),
            TwoPhase = random.Next(3) switch { 0 => true, 1 => false, _ => null },
            KvStorage = (KvStorage)random.Next(3),
            Seed = 1,
        };
        await using var engine = new Engine(model, options);
        var vocabulary = model.EntryPoints[0].OutputWidth;
        // Most prompts fit into the context; the others are refused.
        var most = random.Next(10) == 0 ? 90 : Math.Clamp(engine.ContextLength - 6, 2, 90);
        var shared = Tokens(random, random.Next(1, most), vocabulary);
        var requests = Enumerable.Range(0, random.Next(1, 4)).Select(_ => new Request
        {
            PromptTokens = (int[])[.. shared, .. Tokens(random, random.Next(1, Math.Max(2, most - shared.Length)), vocabulary)],
            MaxTokens = random.Next(1, 5),
            WantsText = false,
            EosTokens = [],
            Count = random.Next(1, 3),
        }).ToList();
        await Task.WhenAll(requests.Select(request => engine.CompleteAllAsync(request)));
    }

    private static int[] Tokens(Random random, int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
}
