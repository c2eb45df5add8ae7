using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Text;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>The settings of tokenizer_config.json that change ids, as transformers applies them.</summary>
public sealed class TokenizerConfigTests : IDisposable
{
    private const int Begin = 3;
    private const int End = 4;
    private const int Pad = 5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("null", "null", false, new[] { 0 })]
    [InlineData("null", "null", true, new[] { Begin, 0, End })]
    [InlineData("true", "null", false, new[] { Begin, 0 })]
    [InlineData("null", "true", false, new[] { 0, End })]
    [InlineData("true", "true", true, new[] { Begin, 0, End })]
    [InlineData("false", "null", true, new[] { 0, End })]
    [InlineData("true", "false", true, new[] { Begin, 0 })]
    [InlineData("false", "false", true, new[] { 0 })]
    public void Flags_decide_which_tokens_are_added(string addBos, string addEos, bool hasTemplate, int[] expected)
    {
        var tokenizer = Load(
            $$"""{ "bos_token": "<s>", "eos_token": { "content": "</s>" }, "add_bos_token": {{addBos}}, "add_eos_token": {{addEos}} }""",
            hasTemplate);
        Assert.Equal(expected, tokenizer.Encode("a"));
        Assert.Equal([0], tokenizer.Encode("a", addSpecial: false));
    }

    [Theory]
    [InlineData("""{ "add_bos_token": true }""", "bos_token")]
    [InlineData("""{ "add_bos_token": true, "bos_token": "<none>" }""", "<none>")]
    [InlineData("""{ "add_eos_token": true, "eos_token": null }""", "eos_token")]
    [InlineData("""{ "add_eos_token": 1, "eos_token": "</s>" }""", "add_eos_token")]
    [InlineData("""{ "eos_token": 4 }""", "eos_token")]
    [InlineData("""{ "added_tokens_decoder": { "x": { "content": "<x>" } } }""", "added_tokens_decoder")]
    [InlineData("""{ "added_tokens_decoder": { "0": { "content": "<x>" } } }""", "added_tokens_decoder.0")]
    public void A_contradiction_is_refused_with_the_file_and_the_field(string config, string field)
    {
        var error = Assert.Throws<CheckpointException>(() => Load(config, hasTemplate: false));
        Assert.All(["tokenizer_config.json", field], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_token_may_be_special_in_the_configuration_only()
    {
        const string Config = """
            { "added_tokens_decoder": { "5": { "content": "<pad>", "special": true }, "9": { "content": "<new>", "special": true },
              "2": { "content": "c", "special": false, "single_word": true } }, "model_max_length": Infinity }
            """;
        var plain = Load(null, hasTemplate: false);
        Assert.Equal((false, 9), (plain.IsSpecial(Pad), plain.VocabularySize));
        var tokenizer = Load(Config, hasTemplate: false);
        Assert.Equal((true, true, false, 10), (tokenizer.IsSpecial(Pad), tokenizer.IsSpecial(9), tokenizer.IsSpecial(2), tokenizer.VocabularySize));
        Assert.Equal("ab", tokenizer.Decode([0, Pad, 9, 1]));
        Assert.Equal("a<pad><new>b", tokenizer.Decode([0, Pad, 9, 1], skipSpecial: false));
        Assert.Equal([0, Pad, 9], tokenizer.Encode("a<pad><new>", parseSpecial: true));
        // Untrusted text does not give special tokens.
        Assert.DoesNotContain(Pad, tokenizer.Encode("<pad>"));
        Assert.Equal(9, tokenizer.IdOf("<new>"));
    }

    [Fact]
    public void A_token_with_a_role_is_special()
    {
        var tokenizer = Load("""{ "pad_token": "<pad>", "additional_special_tokens": ["b", { "content": "c" }], "cls_token": "<none>" }""", false);
        // <pad> is an added token that tokenizer.json declares as text: it stays one, as in transformers.
        Assert.Equal([false, false, true, true, true, true, false], ((int[])[Pad, 0, 1, 2, Begin, End, 8]).Select(tokenizer.IsSpecial));
        _folder.Write("special_tokens_map.json", """{ "sep_token": "a" }""");
        Assert.True(Load("{}", hasTemplate: false).IsSpecial(0));
    }

    [Fact]
    public void EOS_may_be_named_by_the_configuration_only()
    {
        Load("""{ "eos_token": "</s>" }""", hasTemplate: false);
        Assert.Equal([End], Checkpoint().EosTokens);
        // Ids of the other files come first.
        Assert.Equal([7], Checkpoint(new GenerationConfig([7], null)).EosTokens);
        Load("""{ "eos_token": "<none>" }""", hasTemplate: false);
        Assert.Contains("'<none>'", Assert.Throws<CheckpointException>(() => Checkpoint().EosTokens).Message, StringComparison.Ordinal);

        // The tokenizer is not opened for a token that the file describes.
        Load("""{ "eos_token": "<x>", "added_tokens_decoder": { "9": { "content": "<x>" } } }""", hasTemplate: false);
        _folder.Write("tokenizer.json", "damaged");
        Assert.Equal([9], Checkpoint().EosTokens);

        using var loop = new EngineLoop(
            new ScriptedModel(static (_, position) => position + 1, Checkpoint()),
            new EngineOptions { ChunkSize = 32, PoolTokens = 128, Threads = 1 });
        var answer = loop.Run(new Request { PromptTokens = (int[])[1, 2], MaxTokens = 20, WantsText = false });
        Assert.Equal((FinishReason.Eos, 9), (answer.Finish, answer.Tokens[^1]));
    }

    [Fact]
    public void A_stop_string_may_name_a_special_token()
    {
        Load("""{ "pad_token": "<pad>", "added_tokens_decoder": { "5": { "content": "<pad>", "special": true } } }""", hasTemplate: false);
        // The script writes 2, 0, 1, <pad>, 0, ...
        int[] script = [0, 2, 0, 1, Pad, 0, 0, 0, 0, 0];
        using var loop = new EngineLoop(
            new ScriptedModel((_, position) => script[Math.Min(position + 1, script.Length - 1)], Checkpoint()),
            new EngineOptions { ChunkSize = 32, PoolTokens = 128, Threads = 1 });
        var request = new Request { PromptTokens = (int[])[0], MaxTokens = 8 };
        foreach (var (stop, text) in ((string, string)[])[("<pad>", "cab"), ("b<pad>", "ca"), ("ab<pad>a", "c"), ("<pad>aa", "cab")])
        {
            var answer = loop.Run(request with { Stop = [stop] });
            Assert.Equal((FinishReason.StopString, text), (answer.Finish, answer.Text));
        }

        var whole = loop.Run(request with { Stop = ["c<pad>"] });
        Assert.Equal((FinishReason.Length, "cabaaaa"), (whole.Finish, whole.Text));
    }

    private LoadedCheckpoint Checkpoint(GenerationConfig? generation = null) => new()
    {
        Folder = _folder.Path, Config = ModelConfig.Parse("{}"), Fingerprint = "config", Generation = generation ?? GenerationConfig.None,
    };

    /// <summary>Tokens a, b, c, three added ones of which the last is declared as text, and the characters of their names.</summary>
    private Tokenizer Load(string? config, bool hasTemplate)
    {
        JsonObject Added(int id, string content, bool special) => new() { ["id"] = id, ["content"] = content, ["special"] = special };
        JsonObject Special(string id) => new() { ["SpecialToken"] = new JsonObject { ["id"] = id } };
        var root = new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(Begin, "<s>", true), Added(End, "</s>", true), Added(Pad, "<pad>", false)),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = "." }, ["behavior"] = "Isolated" },
            ["decoder"] = new JsonObject { ["type"] = "Fuse" },
            ["model"] = new JsonObject
            {
                ["type"] = "WordLevel",
                ["unk_token"] = "?",
                ["vocab"] = new JsonObject { ["a"] = 0, ["b"] = 1, ["c"] = 2, ["?"] = 6, ["<"] = 7, [">"] = 8 },
            },
        };
        if (hasTemplate)
        {
            root["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Special("<s>"), new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A" } }, Special("</s>")),
                ["special_tokens"] = new JsonObject
                {
                    ["<s>"] = new JsonObject { ["ids"] = new JsonArray(Begin) }, ["</s>"] = new JsonObject { ["ids"] = new JsonArray(End) },
                },
            };
        }

        if (config is not null)
            _folder.Write("tokenizer_config.json", config);
        return Tokenizer.Load(_folder.Write("tokenizer.json", root.ToJsonString()));
    }
}
