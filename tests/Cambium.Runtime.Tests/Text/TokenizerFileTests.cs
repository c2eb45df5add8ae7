using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Runtime.Scheduling;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>Small tokenizer files, each written for one rule of the format.</summary>
public sealed class TokenizerFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_pattern_with_exponential_backtracking_times_out()
    {
        // Every letter doubles the number of splits of the run: 60 letters never end.
        PiecePattern pattern = PiecePattern.Create(File("{}"), "(a+)+$", patience: TimeSpan.FromMilliseconds(20));
        var error = Assert.Throws<CheckpointException>(() => pattern.Parts(new string('a', 60) + "b"));
        Assert.All(["tokenizer.json", "(a+)+$", "0.02 s", "of 61"], part => Assert.Contains(part, error.Message));
        Assert.Equal([(0, 3, true)], pattern.Parts("aaa"));
    }

    [Theory]
    [InlineData("model", """{ "type": "Pyramid" }""", "model.type", "'Pyramid'")]
    [InlineData("normalizer", """{ "type": "Rot13" }""", "normalizer.type", "'Rot13'")]
    [InlineData("pre_tokenizer", """{ "type": "UnicodeScripts" }""", "pre_tokenizer.type", "'UnicodeScripts'")]
    [InlineData("decoder", """{ "type": "CTC" }""", "decoder.type", "'CTC'")]
    [InlineData("post_processor", """{ "type": "Envelope" }""", "post_processor.type", "'Envelope'")]
    [InlineData("normalizer", """{ "type": "Replace", "pattern": { "Regex": "[a-z&&[^x]]" }, "content": "" }""", "normalizer", "intersection")]
    public void Unsupported_parts_are_refused_by_name(string part, string json, string field, string named)
    {
        var error = Assert.Throws<CheckpointException>(() => Load(Json(root => root[part] = JsonNode.Parse(json))));
        Assert.All(["tokenizer.json", $"field '{field}'", named], text => Assert.Contains(text, error.Message));
    }

    [Theory]
    [InlineData("{ \"model\": ")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "model": { "type": "BPE" }, "pre_tokenizer": { "type": "ByteLevel" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": -1 }, "merges": [] }, "pre_tokenizer": { "type": "ByteLevel" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 2000000000 }, "merges": [] }, "pre_tokenizer": { "type": "ByteLevel" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": ["a b"] }, "pre_tokenizer": { "type": "ByteLevel" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [["a"]] }, "pre_tokenizer": { "type": "ByteLevel" } }""")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [] }, "pre_tokenizer": { "type": "Sequence", "pretokenizers": """
        + """[{ "type": "Split", "pattern": { "Regex": "(" }, "behavior": "Isolated" }, { "type": "ByteLevel" }] } }""")]
    [InlineData("""{ "model": { "type": "Unigram", "vocab": [["a", -1.0]], "unk_id": 1 } }""")]
    [InlineData("""{ "model": { "type": "Unigram", "vocab": [["a", -1.0], ["a", -2.0]], "unk_id": 0 } }""")]
    [InlineData("""{ "model": { "type": "Unigram", "vocab": ["a"], "unk_id": 0 } }""")]
    [InlineData("""{ "model": { "type": "WordPiece", "vocab": { "a": 0 } } }""")]
    public void A_damaged_or_unusual_file_is_refused_with_its_name(string json) =>
        Assert.Contains("tokenizer.json", Assert.Throws<CheckpointException>(() => Load(json)).Message);

    [Fact]
    public void Merges_are_read_as_pairs_and_as_text()
    {
        Assert.Equal(Ids("ab"), Ids("ab", root => root["model"]!["merges"] = new JsonArray("a b")));
        Assert.Equal([256], Ids("ab"));
    }

    [Fact]
    public void Ignoring_merges_takes_a_whole_piece_that_no_merge_reaches()
    {
        void AddWord(JsonNode root) => root["model"]!["vocab"]!["xyz"] = 300;
        Assert.Equal([B('x'), B('y'), B('z')], Ids("xyz", AddWord));
        Assert.Equal([300], Ids("xyz", root =>
        {
            AddWord(root);
            root["model"]!["ignore_merges"] = true;
        }));
    }

    [Fact]
    public void A_prefix_space_is_added_if_the_text_has_none()
    {
        static void AddSpace(JsonNode root) => root["pre_tokenizer"]!["add_prefix_space"] = true;
        Assert.Equal([B(' '), B('x')], Ids("x", AddSpace));
        Assert.Equal([B(' '), B('x')], Ids(" x", AddSpace));
        Assert.Empty(Ids("", AddSpace));
        Assert.Equal([B('x')], Ids("x"));
    }

    [Fact]
    public void An_added_token_strips_white_space_as_declared()
    {
        Assert.Equal([B('x'), B(' '), 301, B(' '), B('y')], Ids("x <t> y", root => AddToken(root, 301, "<t>")));
        Assert.Equal([B('x'), 301, B(' '), B('y')], Ids("x <t> y", root => AddToken(root, 301, "<t>", left: true)));
        Assert.Equal([B('x'), B(' '), 301, B('y')], Ids("x <t> y", root => AddToken(root, 301, "<t>", right: true)));
        Assert.Equal([301], Ids("  <t>  ", root => AddToken(root, 301, "<t>", left: true, right: true)));
    }

    [Fact]
    public void The_leftmost_longest_added_token_matches()
    {
        static void AddThree(JsonNode root)
        {
            AddToken(root, 301, "<t");
            AddToken(root, 302, "<t>>");
            AddToken(root, 303, "t>");
        }

        Assert.Equal([302], Ids("<t>>", AddThree));
        Assert.Equal([301, B('>')], Ids("<t>", AddThree));
    }

    [Fact]
    public void A_single_word_is_not_found_inside_another()
    {
        static void AddWord(JsonNode root) => AddToken(root, 301, "cat", word: true);
        Assert.Equal([301], Ids("cat", AddWord));
        Assert.Equal([B('c'), B('a'), B('t'), B('s')], Ids("cats", AddWord));
        Assert.Equal([B('_'), B('c'), B('a'), B('t')], Ids("_cat", AddWord));
        Assert.Equal([B('-'), 301], Ids("-cat", AddWord));
    }

    [Theory]
    [InlineData("Isolated", new[] { "a", "-", "b", "-", "-", "c" })]
    [InlineData("Removed", new[] { "a", "b", "c" })]
    [InlineData("MergedWithPrevious", new[] { "a-", "b-", "-", "c" })]
    [InlineData("MergedWithNext", new[] { "a", "-b", "-", "-c" })]
    [InlineData("Contiguous", new[] { "a", "-", "b", "--", "c" })]
    public void A_split_applies_its_behavior_to_matches(string behavior, string[] expected)
    {
        TokenizerJson json =
            File("""{ "pre_tokenizer": { "type": "Split", "pattern": { "String": "-" }, "behavior": "BEHAVIOR" } }""".Replace("BEHAVIOR", behavior));
        var pieces = new List<string>();
        PreTokenizer.Parse(json, json.Root.GetProperty("pre_tokenizer")).Split("a-b--c", true, (piece, _) => pieces.Add(piece.ToString()));
        Assert.Equal(expected, pieces);
    }

    [Fact]
    public void A_template_adds_its_tokens_around_the_text()
    {
        int[] ids = Load(Json(root => root["post_processor"] = JsonNode.Parse("""
            { "type": "Sequence", "processors": [ { "type": "ByteLevel" }, { "type": "TemplateProcessing",
              "single": [ { "SpecialToken": { "id": "<s>" } }, { "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "</s>" } } ],
              "special_tokens": { "<s>": { "ids": [7, 8] }, "</s>": { "ids": [9] } } } ] }
            """))).Encode("x");
        Assert.Equal([7, 8, B('x'), 9], ids);
    }

    [Theory]
    [InlineData("normalizer", "normalizers", """{ "type": "NFC" }""")]
    [InlineData("pre_tokenizer", "pretokenizers", """{ "type": "WhitespaceSplit" }""")]
    [InlineData("decoder", "decoders", """{ "type": "Fuse" }""")]
    [InlineData("post_processor", "processors", """{ "type": "ByteLevel" }""")]
    public void A_long_sequence_of_steps_is_refused_with_both_numbers(string field, string list, string step)
    {
        string steps = string.Join(',', Enumerable.Repeat(step, 15_000));
        string nested = $$"""{ "type": "Sequence", "{{list}}": [{ "type": "Sequence", "{{list}}": [{{steps}}] }, {{steps}}] }""";
        var error = Assert.Throws<CheckpointException>(() => Load(Json(root => root[field] = JsonNode.Parse(nested))));
        Assert.All([$"field '{field}'", "30000 steps", "at most 64"], part => Assert.Contains(part, error.Message));
    }

    [Fact]
    public void A_template_with_thousands_of_ids_is_refused_with_both_numbers()
    {
        string ids = string.Join(',', Enumerable.Repeat(7, 2000));
        var error = Assert.Throws<CheckpointException>(() => Load(Json(root => root["post_processor"] = JsonNode.Parse($$"""
            { "type": "TemplateProcessing", "single": [ { "SpecialToken": { "id": "s" } }, { "Sequence": { "id": "A" } } ],
              "special_tokens": { "s": { "ids": [{{ids}}] } } }
            """))));
        Assert.All(["'post_processor'", "2000 ids", "at most 1024"], part => Assert.Contains(part, error.Message));
    }

    [Theory]
    [InlineData("""{ "type": "ByteLevel", "add_prefix_space": false, "use_regex": false }""")]
    [InlineData("""
        { "type": "ByteLevel", "add_prefix_space": true, "use_regex": false },
        { "type": "Split", "pattern": { "Regex": "." }, "behavior": "Isolated" }
        """)]
    public void Steps_that_make_more_pieces_have_a_common_limit(string steps)
    {
        string sequence = $$"""{ "type": "Sequence", "pretokenizers": [{{string.Join(',', Enumerable.Repeat(steps, 32))}}] }""";
        Tokenizer tokenizer = Load(Json(root => root["pre_tokenizer"] = JsonNode.Parse(sequence)));
        Assert.Contains("'pre_tokenizer'", Assert.Throws<CheckpointException>(() => tokenizer.Encode(new string('é', 1000))).Message);
    }

    [Fact]
    public void A_decoder_that_lengthens_tokens_is_stopped()
    {
        string step = $$"""{ "type": "Replace", "pattern": { "String": "a" }, "content": "{{new string('a', 1000)}}" }""";
        Tokenizer tokenizer = Load(Json(root => root["decoder"] =
            JsonNode.Parse($$"""{ "type": "Sequence", "decoders": [{{string.Join(',', Enumerable.Repeat(step, 8))}}] }""")));
        Assert.Contains("'decoder'", Assert.Throws<CheckpointException>(() => tokenizer.Decode([B('a')])).Message);
    }

    [Theory]
    [InlineData("Unigram", """{ "type": "Unigram", "unk_id": 0, "vocab": [["LONG", -1.0]] }""")]
    [InlineData("WordPiece", """{ "type": "WordPiece", "unk_token": "a", "vocab": { "a": 0, "LONG": 1 } }""")]
    [InlineData("added_tokens", """{ "type": "WordLevel", "unk_token": "a", "vocab": { "a": 0 } }""")]
    public void A_token_that_is_searched_for_has_a_bounded_length(string kind, string model)
    {
        string added = kind == "added_tokens" ? """[{ "id": 1, "content": "LONG" }]""" : "[]";
        string json = $$"""{ "added_tokens": {{added}}, "model": {{model}} }""".Replace("LONG", new string('a', 100_000));
        var error = Assert.Throws<CheckpointException>(() => Load(json));
        Assert.All(["100000 characters", "at most 512"], part => Assert.Contains(part, error.Message));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void White_space_tokens_that_take_white_space_are_found_in_linear_time(bool left, bool right) =>
        Assert.NotEmpty(Ids(new string(' ', 400_000), root => AddToken(root, 301, " ", left, right)));

    [Fact]
    public void Thousands_of_added_tokens_are_found()
    {
        static void AddMany(JsonNode root)
        {
            for (int i = 0; i < 20_000; i++)
                AddToken(root, 301 + i, $"<t{i}>");
        }

        Assert.Equal([301, B('x'), 20_300, B('<'), B('t')], Ids("<t0>x<t19999><t", AddMany));
    }

    [Fact]
    public void A_checkpoint_without_a_tokenizer_has_none() => Assert.Null(Tokenizer.TryLoad(_folder.Path));

    /// <summary>A vocabulary of all bytes, the byte's value as its id, and one merge.</summary>
    private static string Json(Action<JsonNode>? change = null)
    {
        var vocabulary = new JsonObject();
        for (int value = 0; value < 256; value++)
            vocabulary[ByteAlphabet.Char((byte)value).ToString()] = value;
        vocabulary["ab"] = 256;
        var root = new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray(new JsonArray("a", "b")) },
        };
        change?.Invoke(root);
        return root.ToJsonString();
    }

    private static void AddToken(JsonNode root, int id, string content, bool left = false, bool right = false, bool word = false) =>
        root["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] =
            id, ["content"] = content, ["lstrip"] = left, ["rstrip"] = right, ["single_word"] = word, ["special"] = true });

    private static int B(char c) => c;

    private int[] Ids(string text, Action<JsonNode>? change = null) => Load(Json(change)).Encode(text, parseSpecial: true);

    private Tokenizer Load(string json) => Tokenizer.Load(_folder.Write("tokenizer.json", json));

    private TokenizerJson File(string json) => TokenizerJson.Load(_folder.Write("tokenizer.json", json));
}
