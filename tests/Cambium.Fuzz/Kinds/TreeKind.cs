using System.Security.Cryptography;
using Cambium.Fuzz.Mutation;
using Cambium.Runtime;
using Cambium.Runtime.Cache;

namespace Cambium.Fuzz.Kinds;

/// <summary>Saved trees with changed records and a correct checksum.</summary>
internal sealed class TreeKind : CaseKind
{
    // Kind, version and form of the file come first.
    private const int Magic = 8;

    private static readonly EngineOptions Options = new() { ChunkSize = 32, PoolTokens = 32 * 24, Threads = 1, Seed = 1 };

    private readonly TinyModel _model = new();
    private readonly byte[] _saved;

    public TreeKind()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var loop = new EngineLoop(_model, Options);
            for (var i = 0; i < 5; i++)
                loop.Run(new Request { PromptTokens = Prompt(i, 40 + (17 * i)), MaxTokens = 2, Tenant = i % 2 == 0 ? "" : $"tenant {i}" });
            loop.Save(path);
            _saved = File.ReadAllBytes(path)[..^SHA256.HashSizeInBytes];
        }
        finally
        {
            File.Delete(path);
        }
    }

    public override bool IsDocumented(Exception error) => error is TreeFileException || IsNotFinite(error);

    public override void Run(Random random, string folder)
    {
        // Records are at most a tenth of the file; the rest is keys and values, which any bytes may be.
        var changed = ByteMutator.Mutate(_saved, random, random.Next(2) == 0 ? 600 : _saved.Length);
        var path = Path.Combine(folder, "tree.bin");
        File.WriteAllBytes(path, random.Next(20) == 0 || changed.Length < Magic ? changed : [.. changed, .. SHA256.HashData(changed)]);
        using var loop = new EngineLoop(_model, Options with { PoolTokens = 32 * random.Next(4, 30) });
        try
        {
            loop.Load(path);
        }
        finally
        {
            loop.CheckIntegrity();
        }

        for (var i = random.Next(3); i >= 0; i--)
            loop.Run(new Request { PromptTokens = Prompt(i, 60), MaxTokens = 2, Tenant = i == 1 ? "tenant 1" : "" });
        loop.CheckIntegrity();
    }

    private static int[] Prompt(int first, int count) => [.. Enumerable.Range(0, count).Select(i => (first + (i * 7)) % TinyModel.Vocabulary)];
}
