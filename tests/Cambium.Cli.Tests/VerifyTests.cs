using Cambium.Checkpoints;
using Cambium.Models.Tests.Gguf;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Cli.Tests;

public sealed class VerifyTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama-linear-rope")]
    [InlineData("llama-bf16-sharded")]
    [InlineData("mistral-window")]
    public async Task A_checkpoint_agrees_with_the_reference(string name)
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository(name));
        output.WriteLine(run.Out);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains("All 5 sequences agree", run.Out, StringComparison.Ordinal);
        Assert.Contains("24 equal", run.Out, StringComparison.Ordinal);
        Assert.Contains("ids.4: hidden.4 not recorded, not compared.", run.Out, StringComparison.Ordinal);
    }

    // As llama-quantize makes them; and one file with a matrix of every type.
    [Theory]
    [InlineData("q4_0")]
    [InlineData("q4_k_m")]
    [InlineData("all")]
    public async Task A_GGUF_file_of_quantized_blocks_agrees_with_a_naive_computation(string kind)
    {
        var (layers, types) = (3, GgufBlocks.Types.ToArray());
        var matrices = RandomLlama.Matrices(layers).ToList();
        var path = RandomLlama.Write(_folder.At(kind == "q4_k_m" ? "model-q4_k_m.gguf" : "model.gguf"), name => kind switch
        {
            "q4_0" => name == "output.weight" ? 14u : 2u,
            "q4_k_m" => name is "output.weight" or "blk.0.attn_v.weight" or "blk.0.ffn_down.weight" ? 14u : 12u,
            _ => types[matrices.IndexOf(name) % types.Length],
        }, layers);
        int[] ids = [.. Enumerable.Range(0, 11).Select(static i => (i * 31) % RandomLlama.Vocabulary)];
        var logits = RandomLlama.Logits(path, ids, layers);
        new SafetensorsWriter().Add("ids", [ids.Length], ids)
            .Add(kind == "all" ? "logits" : $"logits.{kind}", [ids.Length, RandomLlama.Vocabulary], logits)
            .Save(_folder.At("expected.safetensors"));
        var run = await ToolRun.Of("verify", path);
        output.WriteLine(run.Out);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains("The sequence agrees", run.Out, StringComparison.Ordinal);

        run = await ToolRun.Of("inspect", path);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains(kind == "all" ? "IQ3_XXS (" : kind == "q4_0" ? "Q4_0 (" : "Q4_K (", run.Out, StringComparison.Ordinal);
        Assert.Contains("Q6_K (", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_class_of_an_assembly_agrees_with_the_reference()
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository("mistral-window"), "--model", typeof(Cambium.Models.Llama).Assembly.Location);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains("All 5 sequences agree", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_option_without_a_fitting_class_is_refused()
    {
        var checkpoint = Fixtures.InRepository("mistral-window");
        Assert.Contains("no such file", (await ToolRun.Of("verify", checkpoint, "--model", "/no/such.csproj")).Error, StringComparison.Ordinal);
        Assert.Contains("has no class with [Model]",
            (await ToolRun.Of("verify", checkpoint, "--model", typeof(CheckpointException).Assembly.Location)).Error, StringComparison.Ordinal);
        Assert.Contains("cannot be loaded", (await ToolRun.Of("verify", checkpoint, "--model", Path.Combine(checkpoint, "config.json"))).Error,
            StringComparison.Ordinal);
        Assert.Contains("cannot be combined", (await ToolRun.Of("verify", checkpoint, "--model", "x.dll", "--weights", "int8")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_weight_is_found()
    {
        var checkpoint = _folder.Copy(Fixtures.InRepository("llama-linear-rope"));
        var weights = Path.Combine(checkpoint, "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights);
        // Flips the sign of the first number of the data, which belongs to some weight.
        bytes[8 + BitConverter.ToInt64(bytes) + 3] ^= 0x80;
        await File.WriteAllBytesAsync(weights, bytes);

        var run = await ToolRun.Of("verify", checkpoint);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("times the tolerance.", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"\d of 5 sequences differ\.", run.Out);
    }

    [Fact]
    public async Task The_divergence_of_quantized_weights_can_be_limited()
    {
        var model = Path.Combine(Repository.Root, "examples", "Quickstart", "model");
        var text = Path.Combine(model, "..", "README.md");
        var run = await ToolRun.Of("verify", model, "--weights", "int8", "--text", text);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Matches(@"mean KL +median +largest +same top token", run.Out);
        Assert.Contains("weights in int8 (9 bits each)", run.Out, StringComparison.Ordinal);
        Assert.Equal(1, (await ToolRun.Of("verify", model, "--weights", "int4", "--text", text, "--max-kl", "0.000001")).ExitCode);
        run = await ToolRun.Of("verify", Fixtures.InRepository("llama-bf16-sharded"), "--weights", "bf16", "--max-kl", "0");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("must be stored, f32, bf16, int8 or int4", (await ToolRun.Of("verify", model, "--weights", "3")).Error, StringComparison.Ordinal);
        run = await ToolRun.Of("verify", model, "--weights", "int8", "--products", "integer", "--text", text);
        Assert.Contains("weights in int8 (9 bits each) and integer products", run.Out, StringComparison.Ordinal);
        Assert.Contains("must be integer or exact", (await ToolRun.Of("verify", model, "--products", "fast")).Error, StringComparison.Ordinal);
        Assert.Contains("Add --weights int8", (await ToolRun.Of("verify", model, "--text", text)).Error, StringComparison.Ordinal);
        run = await ToolRun.Of("verify", model, "--weights", "int8", "--text", "/no/such");
        Assert.Contains("cannot be read", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_kind_of_difference_is_reported()
    {
        var expected = Expected(change: true, keep: static _ => true);
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", expected);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("logits.1[1, 5] is ", run.Out, StringComparison.Ordinal);
        Assert.Contains("hidden.2[2, 6, 47] is ", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"greedy\.3\[23\] is \d+, expected 127\.", run.Out);
        Assert.Contains("differs at 23", run.Out, StringComparison.Ordinal);
        Assert.Contains("3 of 5 sequences differ.", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_that_were_not_recorded_are_skipped_and_reported()
    {
        var expected = Expected(change: false, keep: static name => name is not ("greedy.0" or "logits.1"));
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", expected);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("ids.0: greedy.0 not recorded, not compared.", run.Out, StringComparison.Ordinal);
        Assert.Contains("ids.1: logits.1 not recorded, not compared.", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_results_is_refused()
    {
        var expected = Expected(change: false, keep: static name => name.StartsWith("ids.", StringComparison.Ordinal));
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", expected);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("has ids and nothing to compare", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_without_ids_are_refused()
    {
        var expected = Expected(change: false, keep: static name => name != "ids.3");
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", expected);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("tensor 'ids.3': is missing, expected it with '", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_of_another_model_are_refused_with_both_shapes()
    {
        var expected = Path.Combine(Fixtures.InRepository("llama-linear-rope"), "expected.safetensors");
        var run = await ToolRun.Of("verify", Fixtures.InRepository("mistral-window"), "--expected", expected);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("tensor 'logits.0': has the shape [1, 128], expected [1, 200]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_file_that_is_not_an_assembly_is_named()
    {
        var text = Path.Combine(Repository.Root, "README.md");
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--model", text);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            $"cambium: --model {text}: cannot be loaded, because it is not a .NET assembly. Give a project (.csproj) or an assembly (.dll).",
            run.Error.Trim());
    }

    [Fact]
    public async Task A_missing_results_file_is_named()
    {
        var checkpoint = _folder.Copy(Fixtures.InRepository("llama-linear-rope"));
        File.Delete(Path.Combine(checkpoint, "expected.safetensors"));
        var run = await ToolRun.Of("verify", checkpoint);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("expected.safetensors: no such file. Record the results", run.Error, StringComparison.Ordinal);
    }

    private string Expected(bool change, Func<string, bool> keep)
    {
        using var recorded = SafetensorsFile.Open(Path.Combine(Fixtures.InRepository("llama-linear-rope"), "expected.safetensors"));
        var writer = new SafetensorsWriter();
        foreach (var tensor in recorded.Tensors.Where(tensor => keep(tensor.Name)))
        {
            if (tensor.Type == ElementType.I64)
            {
                var values = recorded.ReadIntegers(tensor.Name);
                if (change && tensor.Name == "greedy.3")
                    values[23] = 127;
                writer.Add(tensor.Name, [.. tensor.Shape], values);
                continue;
            }

            var numbers = recorded.ReadFloats(tensor.Name);
            if (change && tensor.Name == "logits.1")
                numbers[128 + 5] += 1;
            if (change && tensor.Name == "hidden.2")
                numbers[^1] = float.NaN;
            writer.Add(tensor.Name, [.. tensor.Shape], numbers);
        }

        var path = _folder.At("expected.safetensors");
        writer.Save(path);
        return path;
    }
}
