using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Tests.Loop;
using Cambium.Text;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

/// <summary>Saving and loading a tree.</summary>
public sealed class TreeFileTests : IDisposable
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 32 * 40, Threads = 1, Seed = 1 };

    private readonly TemporaryFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "tree.bin");

    [Fact]
    public void A_loaded_tree_gives_bit_identical_answers()
    {
        var requests = Enumerable.Range(0, 6).Select(static i => new Request
        {
            PromptTokens = (int[])[.. Prompt(0, 70), .. Prompt(i, 20 + (10 * i))], MaxTokens = 4, Tenant = i % 2 == 0 ? "" : "a",
        }).ToArray();
        using var cold = new EngineLoop(new TinyModel(), Small);
        var expected = requests.Select(request => Logits(cold, request)).ToList();
        var saved = cold.Save(Path);

        using var warm = new EngineLoop(new TinyModel(), Small);
        Assert.Equal(saved, warm.Load(Path));
        warm.CheckIntegrity();
        Assert.Equal(0, warm.Load(Path));
        for (var i = 0; i < requests.Length; i++)
        {
            Assert.Equal(expected[i], Logits(warm, requests[i]));
            Assert.True(warm.Run(requests[i]).Usage.CachedTokens >= 64);
        }

        Assert.True(warm.Statistics.TokensCached > 6 * 64);
        warm.CheckIntegrity();

        // It replaces an older file.
        Assert.Equal(saved, cold.Save(Path));
        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_smaller_pool_loads_the_most_recently_used_chunks()
    {
        using var large = new EngineLoop(new ScriptedModel(), Small);
        for (var i = 0; i < 8; i++)
            large.Run(new Request { PromptTokens = Prompt(i, 70), MaxTokens = 1 });
        large.Run(new Request { PromptTokens = Prompt(2, 70), MaxTokens = 1 });
        Assert.Equal(16, large.Save(Path));

        using var small = new EngineLoop(new ScriptedModel(), Small with { PoolTokens = 32 * 5 });
        Assert.Equal(5, small.Load(Path));
        small.CheckIntegrity();
        Assert.Equal((64, 64, 32), (Cached(2), Cached(7), Cached(6)));

        // Each prompt runs in a new loop, so that it does not evict chunks of the next prompt.
        int Cached(int prompt)
        {
            using var loop = new EngineLoop(new ScriptedModel(), Small with { PoolTokens = 32 * 5 });
            loop.Load(Path);
            return loop.Run(new Request { PromptTokens = Prompt(prompt, 70), MaxTokens = 1 }).Usage.CachedTokens;
        }
    }

    [Fact]
    public void Chunks_of_other_models_are_skipped()
    {
        using var tester = new TreeTester(8);
        tester.Tree.Release(tester.Insert([1, 2, 3, 4, 5, 6, 7, 8]));
        Assert.Equal(2, tester.Tree.Save(Path));
        using var other = new TreeTester(8);
        Assert.Equal(0, other.Tree.Load(TreeTester.Key with { Checkpoint = "another" }, Path));
        other.Tree.CheckIntegrity();
        Assert.Equal(2, other.Tree.Load(TreeTester.Key, Path));
        other.Tree.CheckIntegrity();
        var (handle, matched) = other.Match([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.Equal(8, matched);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], other.Read(handle));
    }

    [Fact]
    public void A_damaged_file_is_refused_without_loading_a_chunk()
    {
        using var tester = new TreeTester(8);
        tester.Tree.Release(tester.Insert([1, 2, 3, 4, 5, 6, 7, 8]));
        tester.Tree.Save(Path);
        var sound = File.ReadAllBytes(Path);
        using var other = new TreeTester(8);
        Gen.Select(Gen.Double[0, 1], Gen.Int[0, 2], Gen.Byte[1, 255]).Sample(
            (share, way, change) =>
            {
                var at = (int)(share * (sound.Length - 1));
                byte[] damaged = way switch
                {
                    0 => sound[..at],
                    1 => [.. sound[..at], .. sound[(at + 1)..]],
                    _ => [.. sound[..at], (byte)(sound[at] ^ change), .. sound[(at + 1)..]],
                };
                File.WriteAllBytes(Path, damaged);
                Assert.Contains(Path, Assert.Throws<TreeFileException>(() => other.Tree.Load(TreeTester.Key, Path)).Message,
                    StringComparison.Ordinal);
                other.Tree.CheckIntegrity();
                Assert.Equal(8, other.Tree.FreePages);
            },
            iter: 300, threads: 1);
    }

    // A forged file has a correct checksum.
    [Fact]
    public void Forged_records_are_refused_without_loading_a_chunk()
    {
        using var tester = new TreeTester(8);
        tester.Tree.Release(tester.Insert([1, 2, 3, 4, 5, 6, 7, 8]));
        tester.Tree.Save(Path);
        var content = File.ReadAllBytes(Path)[..^32];
        using var other = new TreeTester(8);
        Gen.Select(Gen.Double[0, 1], Gen.Int[0, 1], Gen.Byte[1, 255]).Sample(
            (share, way, change) =>
            {
                var at = 8 + (int)(share * (content.Length - 9));
                byte[] forged = way == 0 ? content[..at] : [.. content[..at], (byte)(content[at] ^ change), .. content[(at + 1)..]];
                File.WriteAllBytes(Path, [.. forged, .. System.Security.Cryptography.SHA256.HashData(forged)]);
                try
                {
                    other.Tree.Load(TreeTester.Key, Path);
                }
                catch (TreeFileException)
                {
                    Assert.Equal(8, other.Tree.FreePages);
                }

                other.Tree.CheckIntegrity();
                while (other.Tree.EvictOne())
                {
                }
            },
            iter: 500, threads: 1);
    }

    [Fact]
    public void Another_version_or_kind_of_file_is_named_in_the_error()
    {
        using (var loop = new EngineLoop(new ScriptedModel(), Small))
        {
            loop.Run(new Request { PromptTokens = Prompt(0, 70), MaxTokens = 1 });
            loop.Save(Path);
        }

        using var other = new EngineLoop(new ScriptedModel(), Small with { ChunkSize = 64 });
        Assert.Contains("32 tokens", Assert.Throws<TreeFileException>(() => other.Load(Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path, "This is a text, and long enough to be taken for a file with a checksum at its end.");
        Assert.Contains("not a saved tree", Assert.Throws<TreeFileException>(() => other.Load(Path)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => other.Load(Path + ".missing"));
        Assert.Throws<DirectoryNotFoundException>(() => other.Save(System.IO.Path.Combine(_folder.Path, "missing", "tree.bin")));
    }

    public void Dispose() => _folder.Dispose();

    private static int[] Prompt(int first, int count) => [.. Enumerable.Range(0, count).Select(i => (first + (i * 7)) % ScriptedModel.Vocabulary)];

    private static List<float[]> Logits(EngineLoop loop, Request request)
    {
        var recorder = new LogitsRecorder();
        loop.Run(request with { Observer = recorder, ObserveWholePrompt = false });
        return [.. recorder.Logits.OrderBy(static row => row.Key).TakeLast(4).Select(static row => row.Value)];
    }
}
