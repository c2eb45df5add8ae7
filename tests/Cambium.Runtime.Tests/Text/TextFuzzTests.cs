using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Runtime.Scheduling;
using Cambium.Text;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>Parsers of untrusted files accept any input, or fail with their own exception.</summary>
public sealed class TextFuzzTests : IDisposable
{
    private static readonly Gen<string> AnyText = Gen.OneOf(Gen.Int[0x20, 0x7E], Gen.Int[0, 0xD7FF], Gen.Int[0xE000, 0x10FFFF]).Array[0, 30]
        .Select(static points => string.Concat(points.Select(char.ConvertFromUtf32)));

    // Tokens of the language; most random sequences of them are malformed, many only slightly.
    private static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{{-", "-}}", "+%}", " ", "\n", "x", "messages", "m", "loop", "ns", "'a'", "\"b\"", "1",
        "2.5", "0x1F", "1e5", "true", "none",
        "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "=", "==", "<", "+", "-", "*", "**", "/", "//", "%", "~", "and", "or", "not", "in", "is",
        "if", "else", "elif", "endif", "for",
        "endfor", "set", "endset", "macro", "endmacro", "call", "endcall", "filter", "endfilter", "with", "endwith", "raw", "endraw", "generation",
        "endgeneration", "break", "continue", "recursive",
        "length", "tojson", "join", "default", "trim", "map", "selectattr", "sort", "first", "list", "items", "namespace", "range", "defined",
        "string", "upper", "replace", "indent", "format",
        "content", "role", "split", "strip", "get", "keys", "append", "\\", "🌲", "\0", "\uFDD0", "é", "int", "float", "round", "batch", "slice",
        "groupby", "unique", "reverse", "center",
    ];

    private static readonly string[] Whole =
    [
        "{{ x }}", "{{ messages | length }}", "{% for m in messages %}{{ m.content }}{% endfor %}", "{% set x = 1 %}",
        "{% set ns = namespace(a=1) %}", "{% set ns.a = ns.a + 1 %}", "{% if x %}a{% endif %}",
        "{% macro m(a, b=1) %}{{ a }}{% endmacro %}", "{{ m(1) }}", "{{ messages[0]['role'] }}", "{{ 'a' * 3 }}", "{{ [1, 2][::-1] }}",
        "{{ messages | tojson(indent=2) }}", "{{ x | default('q') }}",
    ];

    // Parts of expressions; random expressions of them are mostly well-formed.
    private static readonly string[] Values = ["1", "0", "-1", "2.5", "'a'", "''", "'a b,c'", "none", "true", "[]", "[3, 1, 2]", "{'a': 1}",
        "messages", "messages[0]", "missing", "(1, 'x')", "range(3)", "'é🌲'", "9223372036854775807", "namespace(a=1)"];

    private static readonly string[] Operations =
    [
        " + ", " - ", " * ", " / ", " // ", " % ", " ~ ", " ** ", " == ", " < ", " in ", " and ", " or ", " if x else ", "|join(", "|sort(attribute=",
        "|default(", "|map(", "|select(", "|batch(", "|slice(", "|round(", "|replace('a', ",
        "|indent(", "|truncate(", "|int(", "|format(", "|center(", ".split(", ".get(", ".strip(", ".zfill(", ".format(", "[", "[1:", "|groupby(",
        "|sum(start=", "|tojson(indent=", ".startswith(", ".join(", " is divisibleby(", "|dictsort(by=", "|min(attribute=",
        ".replace('', ", ".find(", "|trim(",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_random_template_renders_or_is_refused()
    {
        Gen.OneOf(Gen.Int[0, Pieces.Length - 1].Select(static i => Pieces[i]), Gen.Int[0, Whole.Length - 1].Select(static i => Whole[i])).Array[0, 25]
            .Sample(static parts => Try(string.Concat(parts)), iter: 20_000);
        Gen.OneOf(Gen.Int[0, Pieces.Length - 1].Select(static i => Pieces[i]), Gen.Const(" ")).Array[0, 12].Sample(
            static parts => Try("{{ " + string.Join(' ', parts) + " }}"),
            iter: 20_000);
    }

    [Fact]
    public void A_random_expression_is_evaluated_or_refused()
    {
        Gen.Select(Gen.Int[0, Values.Length - 1], Gen.Select(Gen.Int[0, Operations.Length - 1], Gen.Int[0, Values.Length - 1]).Array[1, 3])
            .Sample(static (first, rest) =>
        {
            string expression = Values[first];
            foreach ((int operation, int value) in rest)
            {
                string sign = Operations[operation];
                string close = sign.Contains('(') ? ")" : sign.Contains('[') ? "]" : "";
                expression = $"({expression}){sign}{Values[value]}{close}";
            }

            Try("{{ " + expression + " }}");
        }, iter: 40_000);
    }

    [Fact]
    public void A_changed_published_template_renders_or_is_refused()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Fixtures.InRepository("chat-templates.json")));
        string[] templates = [.. document.RootElement.EnumerateArray().Select(static test => test.GetProperty("template").GetString()!).Distinct()];
        Gen.Select(Gen.Int[0, templates.Length - 1], Gen.Select(Gen.Int[0, 2000], Gen.Int[0, 12], Gen.Int[0, Pieces.Length - 1]).Array[1, 4])
            .Sample((which, changes) =>
        {
            string template = templates[which];
            foreach ((int at, int length, int piece) in changes)
            {
                int start = at % (template.Length + 1);
                template = template[..start] + Pieces[piece] + template[Math.Min(template.Length, start + length)..];
            }

            Try(template);
        }, iter: 10_000);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("unigram")]
    public void A_changed_tokenizer_file_works_or_is_refused(string family)
    {
        string original = Small(File.ReadAllText(Fixtures.InRepository($"tokenizers/{family}/tokenizer.json")));
        string[] kinds = ["NFC", "Sequence", "Metaspace", "ByteLevel", "Split", "Replace", "Unigram", "BPE", "WordPiece", "WordLevel", "Strip",
            "Fuse", "Precompiled", "BertNormalizer", "Digits", "TemplateProcessing", "Nothing"];
        Gen<JsonNode?> junk = Gen.OneOf(
            Gen.Const(0).Select(static _ => (JsonNode?)null),
            Gen.Int.Select(static value => (JsonNode?)JsonValue.Create(value)),
            Gen.Double.Select(static value => (JsonNode?)(double.IsFinite(value) ? JsonValue.Create(value) : null)),
            Gen.Bool.Select(static value => (JsonNode?)JsonValue.Create(value)),
            AnyText.Select(static value => (JsonNode?)JsonValue.Create(value)),
            Gen.Int[0, kinds.Length - 1].Select(i => (JsonNode?)JsonValue.Create(kinds[i])),
            Gen.Const(0).Select(static _ => (JsonNode?)new JsonArray()),
            Gen.Const(0).Select(static _ => (JsonNode?)new JsonObject()),
            Gen.Int[0, kinds.Length - 1].Select(i =>
                (JsonNode?)new JsonObject { ["type"] = kinds[i], ["pattern"] = new JsonObject { ["Regex"] = "[a-" },
                    ["normalizers"] = new JsonArray(), ["content"] = "x" }));
        Gen.Select(Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 6], junk).Array[1, 3], AnyText, Gen.Int[-1, 1000].Array[0, 12])
            .Sample((changes, text, ids) =>
        {
            JsonNode root = JsonNode.Parse(original)!;
            foreach ((int path, int depth, JsonNode? value) in changes)
                Change(root, path, depth, value);
            Use(root.ToJsonString(), text, ids);
        }, iter: 1500, threads: 1);
    }

    /// <summary>Cases that the random tests found or are unlikely to find.</summary>
    [Theory]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [], "dropout": "x" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "pre_tokenizer": { "type": "Split", "pattern": { "Regex": "(a" """
        + """}, "behavior": "Isolated" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "pre_tokenizer": { "type": "Split", "pattern": { "Regex": "\\" """
        + """}, "behavior": "Isolated" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "pre_tokenizer": { "type": "Split", "pattern": """
        + """{ "Regex": "[\\p{" }, "behavior": "Isolated" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "normalizer": """
        + """{ "type": "Precompiled", "precompiled_charsmap": "/////w==" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "normalizer": """
        + """{ "type": "Precompiled", "precompiled_charsmap": "BAAAAP////8A" } }""")]
    [InlineData("""{ "model": { "type": "Unigram", "vocab": [], "unk_id": null } }""")]
    [InlineData("""{ "model": { "type": "Unigram", "vocab": [["a", 1e999]], "unk_id": 0 } }""")]
    [InlineData("""{ "model": { "type": "Unigram", "vocab": 5 } }""")]
    [InlineData("""{ "model": { "type": "WordLevel", "vocab": { "a": 0 }, "unk_token": "b" } }""")]
    [InlineData("""{ "added_tokens": [5], "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] } }""")]
    [InlineData("""{ "added_tokens": [{ "id": 4194303, "content": "x" }], "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "decoder": { "type": "Strip", "content": "aa" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "post_processor": """
        + """{ "type": "TemplateProcessing", "single": [5] } }""")]
    public void An_unusual_file_works_or_is_refused(string json) => Use(json, "a b\u0301 <x> 日🌲", [0, 1, -1, 4194303]);

    [Fact]
    public void Steps_that_lengthen_a_text_have_a_common_limit()
    {
        string step = $$"""{ "type": "Replace", "pattern": { "String": "a" }, "content": "{{new string('a', 1000)}}" }""";
        string json = $$"""
            { "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] },
              "normalizer": { "type": "Sequence", "normalizers": [ {{string.Join(',', Enumerable.Repeat(step, 30))}} ] } }
            """;
        Tokenizer tokenizer = Tokenizer.Load(_folder.Write("tokenizer.json", json));
        Assert.Contains("'normalizer'", Assert.Throws<CheckpointException>(() => tokenizer.Encode("a")).Message);
    }

    private static void Try(string template)
    {
        try
        {
            ChatTemplate.Parse(template, limits: new ChatTemplateLimits { Steps =
                20_000, Size = 100_000 }).Render(ChatTemplateInput.Of(("user", "Hi"), ("assistant", "Hello 🌲")));
        }
        catch (ChatTemplateException)
        {
        }
    }

    private void Use(string json, string text, int[] ids)
    {
        try
        {
            Tokenizer tokenizer = Tokenizer.Load(_folder.Write("tokenizer.json", json));
            int[] encoded = tokenizer.Encode(text, parseSpecial: true);
            Assert.Equal(encoded, tokenizer.Encode(text, parseSpecial: true));
            foreach (int[] list in (int[][])[encoded, ids, tokenizer.Encode(text)])
            {
                var stream = new TextStream(tokenizer, skipSpecial: false);
                Assert.Equal(tokenizer.Decode(list, skipSpecial: false), string.Concat(list.Select(stream.Append)) + stream.Flush());
                foreach (int id in list)
                    _ = tokenizer.Bytes(id).Length;
            }
        }
        catch (CheckpointException)
        {
        }
    }

    /// <summary>Puts a value at a random place of a file.</summary>
    private static void Change(JsonNode root, int path, int depth, JsonNode? value)
    {
        JsonNode at = root;
        for (; depth >= 0; depth--, path = (path * 7) + 3)
        {
            if (at is JsonObject { Count: > 0 } fields)
            {
                string name = fields.ElementAt(path % fields.Count).Key;
                if (depth > 0 && (fields[name] is JsonObject or JsonArray))
                    at = fields[name]!;
                else
                {
                    fields[name] = value?.DeepClone();
                    return;
                }
            }
            else if (at is JsonArray { Count: > 0 } items)
            {
                if (depth > 0 && (items[path % items.Count] is JsonObject or JsonArray))
                    at = items[path % items.Count]!;
                else
                {
                    items[path % items.Count] = value?.DeepClone();
                    return;
                }
            }
        }
    }

    /// <summary>A file without most of its vocabulary, so that changes hit the other parts.</summary>
    private static string Small(string json)
    {
        JsonNode root = JsonNode.Parse(json)!;
        JsonNode model = root["model"]!;
        if (model["merges"] is JsonArray merges)
        {
            while (merges.Count > 20)
                merges.RemoveAt(merges.Count - 1);
        }

        return root.ToJsonString();
    }
}
