using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests.Prefixes;

/// <summary>Files of prefixes: both formats are read as they were written, and what does not fit is refused by name.</summary>
public sealed class PrefixFileTests : IDisposable
{
    private readonly CompiledModel _model = Zoo.Load(Fixtures.InRepository("llama-gqa"));
    private readonly TemporaryFolder _folder = new();

    private enum Mood
    {
        Happy,
        Sad,
    }

    private enum Colour
    {
        Red,
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_file_is_read_as_it_was_written()
    {
        var parts = (PrefixPart[])
        [
            RandomPrefix.Rows(_model, 7, hasPositions: true, 1).Parts[0], RandomPrefix.Rows(_model, 3, hasPositions: false, 2).Parts[0],
            RandomPrefix.State(_model, 3).Parts[0], RandomPrefix.Side(_model, 4, 4).Parts[0], new PrefixPart.Embeddings(new float[2 * 64], 2),
        ];
        var prefix = new Prefix
        {
            Name = "all",
            Method = "test",
            BaseDigest = _model.Checkpoint.Fingerprint,
            Parts = parts,
            Attributes = [new("mood", [new("happy", [parts[0]]), new("sad", [parts[1], parts[2]])])],
        };
        var path = Path.Combine(_folder.Path, "all.safetensors");
        PrefixFile.Save(prefix, path);
        var read = PrefixReader.Read(path, _model);
        Assert.Equal((prefix.Name, prefix.Method, prefix.BaseDigest), (read.Name, read.Method, read.BaseDigest));
        Assert.Equal(Contents(prefix), Contents(read));
        Assert.Equal(["happy", "sad"], read.Attributes.Single().Values.Select(static value => value.Name));
        var header = PrefixFile.ReadHeader(path);
        Assert.Equal(8, header.Parts.Count);
        Assert.Contains("part.0.keys.0 F32 [3, 2, 7, 16]", header.Tensors);
    }

    [Fact]
    public void A_folder_of_PEFT_is_written_as_PEFT_writes_it()
    {
        var original = Fixtures.InRepository("llama-gqa/prefix");
        var prefix = PrefixReader.Read(original, _model);
        PeftWriter.Save(prefix, _folder.Path, "..");
        using var expected = SafetensorsFile.Open(Path.Combine(original, "adapter_model.safetensors"));
        using var written = SafetensorsFile.Open(Path.Combine(_folder.Path, "adapter_model.safetensors"));
        Assert.Equal(expected.ReadFloats("prompt_embeddings"), written.ReadFloats("prompt_embeddings"));
        Assert.Equal("pt", written.Metadata["format"]);
        var (config, theirs) = (Config(_folder.Path), Config(original));
        Assert.All(config, setting => Assert.Equal(theirs[setting.Key]?.ToJsonString(), setting.Value?.ToJsonString()));
        // Newer versions of PEFT write two more, which older ones do not know.
        Assert.Equal(
            ["init_weights", "peft_version"], theirs.Select(static setting => setting.Key).Except(config.Select(static setting => setting.Key)));
        Assert.Equal(Contents(prefix), Contents(PrefixReader.Read(_folder.Path, _model)));
    }

    [Fact]
    public void What_PEFT_has_no_file_for_is_refused()
    {
        var error = Assert.Throws<NotSupportedException>(() => PeftWriter.Save(RandomPrefix.State(_model, 1), _folder.Path));
        Assert.Contains("PrefixFile.Save", error.Message);
    }

    [Theory]
    [InlineData("num_layers", 4, "num_layers", "is 4, and the model has 3 layers")]
    [InlineData("token_dim", 64, "token_dim", "is 64, and the model has 32 numbers")]
    [InlineData("num_attention_heads", 4, "num_attention_heads", "is 4, and the model has 2 key/value heads")]
    [InlineData("num_virtual_tokens", 6, "prompt_embeddings", "[5, 192], expected [6, 192]")]
    [InlineData("num_virtual_tokens", -1, "num_virtual_tokens", "is -1, expected at least 1")]
    [InlineData("task_type", "SEQ_2_SEQ_LM", "task_type", "expected CAUSAL_LM")]
    [InlineData("peft_type", "IA3", "peft_type", "is IA3, expected PREFIX_TUNING")]
    [InlineData("peft_type", "LORA", "peft_type", "LoadOptions.Adapters")]
    [InlineData("peft_type", null, "peft_type", "is missing")]
    public void A_setting_that_does_not_fit_is_refused_by_name(string setting, object? value, string subject, string problem)
    {
        Copy("llama-gqa/prefix");
        var config = Config(_folder.Path);
        config[setting] = value switch { null => null, int number => JsonValue.Create(number), _ => JsonValue.Create((string)value) };
        File.WriteAllText(Path.Combine(_folder.Path, "adapter_config.json"), config.ToJsonString());
        var error = Assert.Throws<CheckpointException>(() => PrefixReader.Read(_folder.Path, _model));
        Assert.Equal(subject, error.Subject);
        Assert.Contains(problem, error.Message);
    }

    [Fact]
    public void A_pickle_file_is_refused()
    {
        Copy("llama-gqa/prefix");
        File.Move(Path.Combine(_folder.Path, "adapter_model.safetensors"), Path.Combine(_folder.Path, "adapter_model.bin"));
        var error = Assert.Throws<CheckpointException>(() => PrefixReader.Read(_folder.Path, _model));
        Assert.Contains("safe_serialization", error.Message);
    }

    [Fact]
    public void Unknown_settings_and_another_base_are_warnings()
    {
        Copy("llama-gqa/prefix");
        var config = Config(_folder.Path);
        (config["base_model_name_or_path"], config["new_setting"]) = ("meta/other-model", 7);
        File.WriteAllText(Path.Combine(_folder.Path, "adapter_config.json"), config.ToJsonString());
        var warnings = PrefixReader.Read(_folder.Path, _model).Warnings;
        Assert.Equal(2, warnings.Count);
        Assert.Contains("new_setting is 7", warnings[0]);
        Assert.Contains("meta/other-model", warnings[1]);
    }

    [Fact]
    public void Another_base_model_is_refused_unless_it_is_allowed()
    {
        using var loop = new EngineLoop(_model);
        var other = RandomPrefix.Rows(_model, 3, hasPositions: true, 1) with { BaseDigest = new string('0', 64) };
        var error = Assert.Throws<ArgumentException>(() => loop.LoadPrefix(other));
        Assert.Contains("AllowOtherBase", error.Message);
        Assert.Contains(_model.Checkpoint.Fingerprint[..16], error.Message);
        Assert.Equal(0, loop.Store.Contents);
        loop.LoadPrefix(other, new PrefixOptions { AllowOtherBase = true });
    }

    [Fact]
    public void An_enum_chooses_values_of_the_attribute()
    {
        using var loop = new EngineLoop(_model);
        var (a, b) = (RandomPrefix.Rows(_model, 3, hasPositions: true, 1).Parts, RandomPrefix.Rows(_model, 3, hasPositions: true, 2).Parts);
        var prefix = new Prefix { Name = "mood", Method = "test", Attributes = [new("mood", [new("happy", a), new("sad", b)])] };
        var mood = loop.LoadPrefix<Mood>(prefix);
        Assert.Equal("mood:mood=sad", mood[Mood.Sad].ToString());
        Assert.NotEqual(mood[Mood.Sad].Contents[0], mood[Mood.Happy].Contents[0]);
        Assert.Equal(2, loop.Store.Contents);
        // The same contents are not copied again.
        var again = loop.LoadPrefix(prefix);
        Assert.Equal(2, loop.Store.Contents);
        Assert.Equal(mood[Mood.Happy].Contents, again["HAPPY"].Contents);

        Assert.Contains("happy, sad", Assert.Throws<ArgumentException>(() => again["angry"]).Message);
        Assert.Contains("happy, sad", Assert.Throws<InvalidOperationException>(() => (PrefixUse)again).Message);
        Assert.Contains("Red", Assert.Throws<ArgumentException>(() => loop.LoadPrefix<Colour>(prefix)).Message);
    }

    [Fact]
    public void The_context_counts_the_positions_of_prefixes()
    {
        using var loop = new EngineLoop(_model, new EngineOptions { PoolTokens = 4096, ContextLength = 64 });
        LoadedPrefix[] prefixes = [loop.LoadPrefix(RandomPrefix.Rows(_model, 10, hasPositions: true, 1)),
            loop.LoadPrefix(RandomPrefix.Rows(_model, 50, hasPositions: false, 2))];
        Request Ask(int tokens) => new()
        {
            PromptTokens = Enumerable.Range(0, tokens).ToArray(), MaxTokens = 5, EosTokens = [], Prefixes = [prefixes[0], prefixes[1]],
        };
        Assert.Equal(FinishReason.ContextFull, loop.Run(Ask(54)).Finish);
        var error = Assert.Throws<RequestRefusedException>(() => loop.Run(Ask(55)));
        Assert.Contains("55 tokens, and the context has room for 54 after the 10 positions", error.Message);
    }

    [Fact]
    public void A_prefix_of_another_engine_is_refused()
    {
        using var loop = new EngineLoop(_model);
        using var other = new EngineLoop(_model);
        var request = new Request { PromptTokens = new[] { 1 }, Prefixes = [other.LoadPrefix(RandomPrefix.Mark("x"))] };
        Assert.Contains("another engine", Assert.Throws<RequestRefusedException>(() => loop.Submit(request, new CollectingSink())).Message);
    }

    private static IEnumerable<string> Contents(Prefix prefix) =>
        prefix.Parts.Concat(prefix.Attributes.SelectMany(static attribute => attribute.Values).SelectMany(static value => value.Parts))
            .Select(static part => part switch
            {
                PrefixPart.Content { Data: var data, HasPositions: var hasPositions } =>
                    $"{data.GetType().Name} {hasPositions} {string.Join(' ', data.Numbers.SelectMany(static numbers => numbers.ToArray()))}",
                PrefixPart.Embeddings { Rows: var rows, Count: var count } => $"{count} {string.Join(' ', rows.ToArray())}",
                _ => part.ToString(),
            });

    private static JsonObject Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")))!.AsObject();

    private void Copy(string fixture)
    {
        foreach (var file in Directory.GetFiles(Fixtures.InRepository(fixture)))
            File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)));
    }
}
