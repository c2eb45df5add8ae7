using System.Diagnostics;
using System.Net.Sockets;
using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Chunks;
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

    [Theory]
    [InlineData(KvStorage.F32)]
    [InlineData(KvStorage.BF16)]
    [InlineData(KvStorage.Int8)]
    public void A_loaded_tree_gives_bit_identical_answers(KvStorage storage)
    {
        var options = Small with { KvStorage = storage };
        var requests = Enumerable.Range(0, 6).Select(static i => new Request
        {
            PromptTokens = (int[])[.. Prompt(0, 70), .. Prompt(i, 20 + (10 * i))], MaxTokens = 4, Tenant = i % 2 == 0 ? "" : "a",
        }).ToArray();
        using var cold = new EngineLoop(new TinyModel(), options);
        var expected = requests.Select(request => Logits(cold, request)).ToList();
        var saved = cold.Save(Path);

        using var warm = new EngineLoop(new TinyModel(), options);
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

    [Theory]
    [InlineData(KvStorage.F32, KvStorage.Int8)]
    [InlineData(KvStorage.Int8, KvStorage.F32)]
    [InlineData(KvStorage.BF16, KvStorage.Int8)]
    public void A_tree_of_another_storage_is_refused(KvStorage saved, KvStorage own)
    {
        using (var loop = new EngineLoop(new TinyModel(), Small with { KvStorage = saved }))
        {
            loop.Run(new Request { PromptTokens = Prompt(0, 70), MaxTokens = 1 });
            loop.Save(Path);
        }

        using var other = new EngineLoop(new TinyModel(), Small with { KvStorage = own });
        var message = Assert.Throws<TreeFileException>(() => other.Load(Path)).Message;
        Assert.Contains($"stored as {saved.Name()}, and those of this engine as {own.Name()} (EngineOptions.KvStorage)", message,
            StringComparison.Ordinal);
        Assert.Equal(0, other.Statistics.KvBytesCached);
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

    [Fact]
    public void A_path_that_is_not_a_regular_file_is_refused()
    {
        using var loop = Filled();
        var pipe = _folder.At("pipe");
        using (var mkfifo = Process.Start("mkfifo", pipe))
            mkfifo.WaitForExit();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.At("socket")));
        File.CreateSymbolicLink(_folder.At("to-pipe"), pipe);
        File.CreateSymbolicLink(_folder.At("to-null"), "/dev/null");
        Directory.CreateDirectory(_folder.At("folder"));
        var before = Directory.GetFileSystemEntries(_folder.Path).Order().ToArray();
        foreach (var (path, kind) in ((string, string)[])
            [
                ("/dev/null", "device"), (pipe, "pipe"), (_folder.At("socket"), "socket"), (_folder.At("to-pipe"), "pipe"),
                (_folder.At("to-null"), "device"), (_folder.At("folder"), "folder"),
            ])
        {
            var message = Assert.Throws<IOException>(() => loop.Save(path)).Message;
            Assert.Contains(path, message, StringComparison.Ordinal);
            Assert.Contains($"is a {kind}", message, StringComparison.Ordinal);
            Assert.Contains($"is a {kind}", Assert.Throws<TreeFileException>(() => loop.Load(path)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(_folder.Path).Order());
    }

    [Fact]
    public void A_link_stays_a_link_to_the_file_that_is_written()
    {
        using var loop = Filled();
        var (target, link, missing) = (_folder.At("target.bin"), _folder.At("link"), _folder.At("dangling"));
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(link, "target.bin");
        File.CreateSymbolicLink(missing, _folder.At("new.bin"));
        foreach (var path in (string[])[link, missing])
        {
            loop.Save(path);
            Assert.NotNull(new FileInfo(path).LinkTarget);
            using var other = new EngineLoop(new ScriptedModel(), Small);
            Assert.Equal(2, other.Load(path));
        }

        Assert.Equal(File.ReadAllBytes(target), File.ReadAllBytes(_folder.At("new.bin")));
    }

    [Fact]
    public async Task Of_two_that_save_to_one_path_one_wins()
    {
        using var small = Filled();
        using var large = Filled(prompts: 5);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() =>
        {
            var loop = i % 2 == 0 ? small : large;
            lock (loop)
                loop.Save(Path);
        })));
        using var other = new EngineLoop(new ScriptedModel(), Small);
        Assert.Contains(other.Load(Path), (int[])[2, 10]);
        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_cancelled_save_writes_nothing()
    {
        File.WriteAllText(Path, "old");
        await using var engine = new Engine(new ScriptedModel(), Small);
        await engine.CompleteAsync(new Request { PromptTokens = Prompt(0, 70), MaxTokens = 1 });
        for (var i = 0; i < 20; i++)
        {
            using var source = new CancellationTokenSource();
            var saving = engine.SaveAsync(Path, source.Token);
            var loading = engine.LoadAsync(Path, source.Token);
            if (i % 2 == 1)
                await Task.Yield();
            await source.CancelAsync();
            // Either it was saved before the cancellation and says so, or nothing was written.
            var saved = await Record.ExceptionAsync(() => saving) is null;
            Assert.Equal(saved, File.ReadAllBytes(Path).Length > 3);
            await Record.ExceptionAsync(() => loading);
            Assert.Equal([Path], Directory.GetFiles(_folder.Path));
            File.WriteAllText(Path, "old");
        }

        using var loop = Filled();
        Assert.Throws<OperationCanceledException>(() => loop.Save(Path, new CancellationToken(canceled: true)));
        Assert.Throws<OperationCanceledException>(() => loop.Load(Path, new CancellationToken(canceled: true)));
        Assert.Equal("old", File.ReadAllText(Path));
    }

    [Fact]
    public void Names_that_would_merge_or_break_a_save_are_refused()
    {
        using var tester = new TreeTester(8);
        foreach (var name in (string[])["\uD800", "\uD801", new string('a', 70_000), new string('é', 40_000)])
        {
            Assert.Throws<ArgumentException>(() => tester.Insert([1, 2, 3, 4], key: TreeTester.Key with { Tenant = name }));
            Assert.ThrowsAny<ArgumentException>(() => tester.Insert([1, 2, 3, 4], key: TreeTester.Key with { Checkpoint = name }));
        }

        Assert.ThrowsAny<ArgumentException>(static () => ChunkName.OfTokens([], "\uD800", 0, [1]));
        string[] tenants = ["é", "e\u0301", "\uFFFD", "\0", new string('a', 65_536)];
        for (var i = 0; i < tenants.Length; i++)
            tester.Tree.Release(tester.Insert([1, 2, 3, 4], key: TreeTester.Key with { Tenant = tenants[i] }));
        Assert.Equal(tenants.Length, tester.Tree.Save(Path));
        using var other = new TreeTester(8);
        Assert.Equal(tenants.Length, other.Tree.Load(TreeTester.Key, Path));
        Assert.All(tenants, tenant => Assert.Equal(4, other.Tree.Probe(TreeTester.Key with { Tenant = tenant }, [1, 2, 3, 4])));
    }

    [Fact]
    public void A_name_in_a_file_that_is_not_UTF_8_is_refused()
    {
        using var tester = new TreeTester(8);
        tester.Tree.Release(tester.Insert([1, 2, 3, 4], key: TreeTester.Key with { Tenant = "tenant" }));
        tester.Tree.Save(Path);
        var content = File.ReadAllBytes(Path)[..^32];
        content[content.AsSpan().IndexOf("tenant"u8)] = 0xFF;
        File.WriteAllBytes(Path, [.. content, .. System.Security.Cryptography.SHA256.HashData(content)]);
        using var other = new TreeTester(8);
        Assert.Contains("not valid UTF-8", Assert.Throws<TreeFileException>(() => other.Tree.Load(TreeTester.Key, Path)).Message);
        Assert.Equal(8, other.Tree.FreePages);
    }

    public void Dispose() => _folder.Dispose();

    private static EngineLoop Filled(int prompts = 1)
    {
        var loop = new EngineLoop(new ScriptedModel(), Small);
        for (var i = 0; i < prompts; i++)
            loop.Run(new Request { PromptTokens = Prompt(i, 70), MaxTokens = 1 });
        return loop;
    }

    private static int[] Prompt(int first, int count) => [.. Enumerable.Range(0, count).Select(i => (first + (i * 7)) % ScriptedModel.Vocabulary)];

    private static List<float[]> Logits(EngineLoop loop, Request request)
    {
        var recorder = new LogitsRecorder();
        loop.Run(request with { Observer = recorder, ObserveWholePrompt = false });
        return [.. recorder.Logits.OrderBy(static row => row.Key).TakeLast(4).Select(static row => row.Value)];
    }
}
