using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>A tokenizer in a GGUF file gives the ids and texts of the tokenizer.json that it was converted from.</summary>
public sealed class GgufTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("llama3", "llama-bpe")]
    [InlineData("qwen2", "qwen2")]
    [InlineData("llama2", null)]
    public void All_recorded_cases_agree(string fixture, string? pre)
    {
        var folder = Fixtures.InRepository($"tokenizers/{fixture}");
        var path = Convert(folder, pre).Save(Path.Combine(_folder.Path, "tokenizer.gguf"));
        var tokenizer = Tokenizer.TryLoad(path)!;
        using var cases = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cases.json")));
        var list = cases.RootElement.ValueKind == JsonValueKind.Array
            ? cases.RootElement
            : cases.RootElement.EnumerateObject().First(static field => field.Value.ValueKind == JsonValueKind.Array).Value;
        Assert.True(list.GetArrayLength() > 10);
        foreach (var one in list.EnumerateArray())
        {
            var text = one.GetProperty("text").GetString()!;
            int[] ids = [.. one.GetProperty("ids").EnumerateArray().Select(static id => id.GetInt32())];
            Assert.Equal(ids, tokenizer.Encode(text, addSpecial: false, parseSpecial: true));
            Assert.Equal(
                one.GetProperty("with_special").EnumerateArray().Select(static id => id.GetInt32()),
                tokenizer.Encode(text, addSpecial: true, parseSpecial: true));
            Assert.Equal(one.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skipSpecial: false));
            Assert.Equal(one.GetProperty("decoded_skipping_special").GetString(), tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void A_chat_template_and_its_tokens_are_read()
    {
        var path = new GgufBuilder().Set("tokenizer.ggml.tokens", (string[])["<s>", "</s>"]).Set("tokenizer.ggml.bos_token_id", 0u).Set(
            "tokenizer.chat_template", "{{ bos_token }}{{ messages[0].content }}")
            .Save(Path.Combine(_folder.Path, "chat.gguf"));
        using var messages = JsonDocument.Parse("[{\"role\":\"user\",\"content\":\"Hi\"}]");
        Assert.Equal("<s>Hi", ChatTemplate.Load(path).Render(new ChatTemplateInput { Messages = messages.RootElement }));
        Assert.Null(ChatTemplate.TryLoad(new GgufBuilder().Save(Path.Combine(_folder.Path, "none.gguf"))));
        Assert.Null(Tokenizer.TryLoad(Path.Combine(_folder.Path, "none.gguf")));
    }

    [Theory]
    [InlineData("bert", "gpt-2", "'bert'")]
    [InlineData("gpt2", "superbpe", "'superbpe'")]
    [InlineData("gpt2", "kimi-k2", "'kimi-k2'")]
    public void Unsupported_parts_are_named(string model, string pre, string part)
    {
        var file = new GgufBuilder().Set("tokenizer.ggml.model", model).Set("tokenizer.ggml.tokens", (string[])["a"]);
        var path = file.Set("tokenizer.ggml.pre", pre).Save(Path.Combine(_folder.Path, "refused.gguf"));
        var error = Assert.Throws<CheckpointException>(() => Tokenizer.TryLoad(path));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("supported are", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_very_long_token_is_refused_before_merges_are_derived()
    {
        var file = new GgufBuilder()
            .Set("tokenizer.ggml.model", "llama")
            .Set("tokenizer.ggml.tokens", (string[])["<unk>", "a", "aa", new string('a', 80_000)])
            .Set("tokenizer.ggml.scores", new float[] { 0, 0, 0, 0 })
            .Set("tokenizer.ggml.token_type", (int[])[2, 1, 1, 1]).Set("tokenizer.ggml.bos_token_id", uint.MaxValue);
        var path = file.Save(Path.Combine(_folder.Path, "long.gguf"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("80000 characters", Assert.Throws<CheckpointException>(() => Tokenizer.TryLoad(path)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    // As llama.cpp's converter writes it.
    private static GgufBuilder Convert(string folder, string? pre)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")))!;
        var model = json["model"]!;
        var added = json["added_tokens"]!.AsArray();
        var vocabulary = model["vocab"]!.AsObject().ToDictionary(static pair => (int)pair.Value!, static pair => pair.Key);
        foreach (var token in added)
            vocabulary[(int)token!["id"]!] = (string)token["content"]!;
        var size = vocabulary.Keys.Max() + 1;
        string[] tokens = [.. Enumerable.Range(0, size).Select(id => vocabulary.GetValueOrDefault(id, $"[PAD{id}]"))];
        int[] types =
            [.. Enumerable.Range(0, size).Select(id =>
                vocabulary.ContainsKey(id) ? pre is null && tokens[id] is ['<', '0', 'x', _, _, '>'] ? 6 : 1 : 5)];
        foreach (var token in added)
            types[(int)token!["id"]!] = (bool)token["special"]! ? (string?)model["unk_token"] == (string)token["content"]! ? 2 : 3 : 4;
        string[] merges = [.. model["merges"]!.AsArray().Select(static merge => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)merge!)];
        var file = new GgufBuilder()
            .Set("tokenizer.ggml.model", pre is null ? "llama" : "gpt2")
            .Set("tokenizer.ggml.tokens", tokens)
            .Set("tokenizer.ggml.token_type", types);
        if (pre is null)
        {
            // The score of a piece is the rank of the first merge that creates it.
            var place = new Dictionary<string, int>();
            for (var i = 0; i < merges.Length; i++)
                place.TryAdd(merges[i].Replace(" ", "", StringComparison.Ordinal), i);
            file.Set("tokenizer.ggml.scores", (float[])[.. tokens.Select(token => -(float)place.GetValueOrDefault(token, merges.Length))]);
        }
        else
        {
            file.Set("tokenizer.ggml.pre", pre).Set("tokenizer.ggml.merges", merges);
        }

        var bos = json["post_processor"] is { } processor ? Special(processor) : null;
        if (bos is not null)
            file.Set("tokenizer.ggml.bos_token_id", (uint)Array.IndexOf(tokens, bos));
        return file;
    }

    private static string? Special(JsonNode processor) => (string)processor["type"]! switch
    {
        "TemplateProcessing" =>
            (string?)processor["single"]!.AsArray().Select(static part => part!["SpecialToken"]?["id"]).FirstOrDefault(static id => id is not null),
        "Sequence" => processor["processors"]!.AsArray().Select(static one => Special(one!)).FirstOrDefault(static id => id is not null),
        _ => null,
    };
}
