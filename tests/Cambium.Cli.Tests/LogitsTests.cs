using System.Diagnostics;
using Cambium.Checkpoints;
using Xunit;

namespace Cambium.Cli.Tests;

public sealed class LogitsTests : IDisposable
{
    // 128 tokens in the vocabulary, 256 positions, 2 layers, hidden size 48.
    private static readonly string Checkpoint = Fixtures.InRepository("llama-linear-rope");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Results_agree_with_the_reference()
    {
        var run = await Record(Path.Combine(Checkpoint, "expected.safetensors"));

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        using var actual = SafetensorsFile.Open(Out);
        using var expected = SafetensorsFile.Open(Path.Combine(Checkpoint, "expected.safetensors"));
        for (var i = 0; i < 5; i++)
        {
            TensorAssert.Close(expected.ReadFloats($"logits.{i}"), actual.ReadFloats($"logits.{i}"), Tolerance.Model);
            Assert.Equal(expected.ReadIntegers($"greedy.{i}"), actual.ReadIntegers($"greedy.{i}"));
            Assert.Equal([3, expected.ReadIntegers($"ids.{i}").Length, 48], actual.Require($"hidden.{i}").Shape);
            if (expected.Find($"hidden.{i}") is not null)
                TensorAssert.Close(expected.ReadFloats($"hidden.{i}"), actual.ReadFloats($"hidden.{i}"), Tolerance.Model);
        }

        Assert.Equal(15, actual.Tensors.Count);
        Assert.Equal(ElementType.I64, actual.Require("greedy.0").Type);
        Assert.Equal(["out.safetensors"], _folder.Files);
    }

    [Fact]
    public async Task Speed_options_do_not_change_a_byte()
    {
        var ids = Write(("ids.0", Tokens(90)), ("ids.1", [.. Tokens(90), 3]), ("ids.2", [.. Tokens(70), 5, 5]), ("ids.3", [9]));
        await Record(ids);
        var first = await File.ReadAllBytesAsync(Out);
        string[][] cases =
        [
            ["--threads", "1", "--two-phase", "off"],
            ["--threads", "2", "--two-phase", "on", "--prefill", "7"],
            ["--pool-tokens", "256", "--prefill", "100"],
        ];
        foreach (var options in cases)
        {
            var run = await Record(ids, options);
            Assert.Equal(0, run.ExitCode);
            var again = await File.ReadAllBytesAsync(Out);
            Assert.True(first.AsSpan().SequenceEqual(again), string.Join(' ', options));
        }
    }

    [Fact]
    public async Task Continuations_find_their_prompts_in_the_KV_cache()
    {
        var run = await Record(Write(("ids.0", Tokens(90))));
        // The last token is computed again for its logits.
        Assert.Contains("89 prompt tokens were cached", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sequence_numbers_may_have_gaps()
    {
        var run = await Record(Write(("ids.3", Tokens(240)), ("ids.20", Tokens(2)), ("x", Tokens(4))), "--greedy", "3");
        Assert.Equal(0, run.ExitCode);
        using var actual = SafetensorsFile.Open(Out);
        string[] names = ["logits.3", "hidden.3", "greedy.3", "logits.20", "hidden.20", "greedy.20"];
        Assert.Equal(names, actual.Tensors.Select(static tensor => tensor.Name));
        Assert.Equal([3, 240, 48], actual.Require("hidden.3").Shape);
        Assert.DoesNotContain(0f, actual.ReadFloats("hidden.3"));
        Assert.Equal([3], actual.Require("greedy.20").Shape);
    }

    [Fact]
    public async Task A_continuation_cut_by_the_context_is_reported()
    {
        var run = await Record(Write(("ids.0", Tokens(256)), ("ids.1", Tokens(250)), ("ids.2", Tokens(233))));
        Assert.Equal(0, run.ExitCode);
        using var actual = SafetensorsFile.Open(Out);
        Assert.Equal([1], actual.Require("greedy.0").Shape);
        Assert.Equal([7], actual.Require("greedy.1").Shape);
        Assert.Equal([24], actual.Require("greedy.2").Shape);
        Assert.Equal(
            [
                "ids.0: 1 of 24 greedy tokens: 256 tokens and 1 more fill the context or the KV cache.",
                "ids.1: 7 of 24 greedy tokens: 250 tokens and 7 more fill the context or the KV cache.",
            ],
            Lines(run.Error));
    }

    [Fact]
    public async Task Greedy_0_writes_no_continuations()
    {
        await Record(Write(("ids.0", Tokens(3))), "--greedy", "0");
        using var actual = SafetensorsFile.Open(Out);
        Assert.Equal(["logits.0", "hidden.0"], actual.Tensors.Select(static tensor => tensor.Name));
    }

    [Fact]
    public async Task Ids_may_be_stored_in_32_bits()
    {
        var narrow = _folder.At("narrow.safetensors");
        new SafetensorsWriter().Add("ids.0", [3], (int[])[5, 6, 7]).Save(narrow);
        await Record(narrow);
        var first = await File.ReadAllBytesAsync(Out);
        await Record(Write(("ids.0", [5, 6, 7])));
        Assert.Equal(first, await File.ReadAllBytesAsync(Out));
    }

    [Fact]
    public async Task An_id_outside_the_vocabulary_is_named()
    {
        var run = await Record(Write(("ids.0", [5]), ("ids.1", [5, 128])));
        AssertRefused(run, "tensor 'ids.1': has the id 128 at index 1, expected 0 to 127.");
    }

    [Fact]
    public async Task A_sequence_longer_than_the_context_is_refused_with_both_numbers() =>
        AssertRefused(await Record(Write(("ids.0", Tokens(257)))), "tensor 'ids.0': has 257 tokens, expected at most 256");

    [Fact]
    public async Task A_file_without_sequences_is_refused() =>
        AssertRefused(await Record(Write(("tokens", [1]))), "tensor 'ids.0': is missing; found 1 other tensors.");

    [Fact]
    public async Task An_empty_sequence_is_refused() =>
        AssertRefused(await Record(Write(("ids.0", []))), "tensor 'ids.0': has the shape [0], expected [tokens] with at least one token.");

    [Fact]
    public async Task Ids_of_another_dtype_are_refused()
    {
        var path = _folder.At("floats.safetensors");
        new SafetensorsWriter().Add("ids.0", [1], (float[])[1]).Save(path);
        AssertRefused(await Record(path), "tensor 'ids.0': is stored as F32, expected I64 or I32.");
    }

    [Fact]
    public async Task An_unwritable_output_file_is_named()
    {
        var run = await ToolRun.Of("logits", Checkpoint, "--ids", Write(("ids.0", [1])), "--out", _folder.At("no/such/folder/out.safetensors"));
        AssertRefused(run, "out.safetensors: cannot be written, because the folder ");
        Assert.DoesNotContain(".tmp", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unsafe_output_path_is_refused_before_computing()
    {
        var ids = Write(("ids.0", [1]));
        AssertRefused(await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", ids), "is the file that --ids reads");
        AssertRefused(await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", _folder.At("")), "is a folder");
        AssertRefused(await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", "/dev/cambium"), "is a device");
        AssertRefused(await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", "/dev/null"), "is a device");
        Assert.Equal(["ids.safetensors"], _folder.Files);
    }

    [Fact]
    public async Task Links_of_output_paths_are_followed()
    {
        var ids = Write(("ids.0", [1]));
        File.CreateSymbolicLink(_folder.At("link"), ids);
        AssertRefused(await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", _folder.At("link")), "would be overwritten");
        using (var mkfifo = Process.Start("mkfifo", _folder.At("pipe")))
            await mkfifo.WaitForExitAsync();
        AssertRefused(await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", _folder.At("pipe")), "is a pipe");
        File.CreateSymbolicLink(_folder.At("null"), "/dev/null");
        AssertRefused(await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", _folder.At("null")), "is a device");
        File.CreateSymbolicLink(_folder.At("new"), _folder.At("out.safetensors"));
        var run = await ToolRun.Of("logits", Checkpoint, "--ids", ids, "--out", _folder.At("new"), "--greedy", "0");
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.NotNull(new FileInfo(_folder.At("new")).LinkTarget);
        Assert.True(new FileInfo(_folder.At("out.safetensors")).Length > 100);
    }

    [Fact]
    public async Task Sequence_numbers_have_no_leading_zeros()
    {
        await Record(Write(("ids.1", [5, 6]), ("ids.01", [7])), "--greedy", "0");
        using var actual = SafetensorsFile.Open(Out);
        Assert.Equal(["logits.1", "hidden.1"], actual.Tensors.Select(static tensor => tensor.Name));
        Assert.Equal([2L, 128], actual.Require("logits.1").Shape);
    }

    [Theory]
    [InlineData("--threads", "100000", "Threads is 100000; it must be 1 to 1024")]
    [InlineData("--prefill", "2147483647", "MaxRowsPerStep + MaxSequences is 2147483903; it must be below")]
    public async Task An_option_beyond_all_limits_is_refused(string option, string value, string message) =>
        AssertRefused(await Record(Write(("ids.0", [1])), option, value), message);

    [Fact]
    public async Task A_chunk_size_that_is_not_a_multiple_of_the_panel_is_refused() =>
        AssertRefused(await Record(Write(("ids.0", [1])), "--chunk-size", "33"), "A chunk of 33 tokens is not a multiple of the panel width");

    [Fact]
    public async Task Cancelling_leaves_no_file()
    {
        var ids = Write(("ids.0", Tokens(200)));
        var run = await ToolRun.WithInput("", ["logits", Checkpoint, "--ids", ids, "--out", Out], new CancellationToken(canceled: true));
        Assert.Equal((130, "cambium: cancelled."), (run.ExitCode, run.Error.Trim()));
        Assert.Equal(["ids.safetensors"], _folder.Files);
    }

    private string Out => _folder.At("out.safetensors");

    private static long[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(static i => ((i * i) + (7L * i) + 3) % 128)];

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static void AssertRefused(ToolRun run, string message)
    {
        Assert.Equal(1, run.ExitCode);
        var line = Assert.Single(Lines(run.Error));
        Assert.StartsWith("cambium: ", line, StringComparison.Ordinal);
        Assert.Contains(message, line, StringComparison.Ordinal);
    }

    private Task<ToolRun> Record(string ids, params string[] options) => ToolRun.Of(["logits", Checkpoint, "--ids", ids, "--out", Out, .. options]);

    private string Write(params (string Name, long[] Ids)[] sequences)
    {
        var path = _folder.At("ids.safetensors");
        var writer = new SafetensorsWriter();
        foreach (var (name, ids) in sequences)
            writer.Add(name, [ids.Length], ids);
        writer.Save(path);
        return path;
    }
}
