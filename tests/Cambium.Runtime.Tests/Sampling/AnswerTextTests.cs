using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime.Loading;
using Cambium.Text;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Sampling;

/// <summary>
/// The text of answers with tokenizers whose tokens depend on what comes before: byte tokens, and spaces at the beginning of words.
/// </summary>
public sealed class AnswerTextTests : IDisposable
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 4096, Threads = 1, MaxSequences = 8, Seed = 7 };

    private readonly TemporaryFolder _folder = new();

    /// <summary>Recorded tokenizers, and each recorded part of them.</summary>
    public static TheoryData<string> Kinds =>
        ["gpt2", "llama2", "llama3", "qwen2", "unigram", .. Parts().Select(static part => (string)part["name"]!)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_text_of_prompt_and_answer_is_that_of_all_tokens(string kind)
    {
        var tokenizer = Load(kind);
        var bytes = Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(id => tokenizer.TokenOf(id) is { } token && Regex.IsMatch(token, "^<0x..>$")).ToArray();
        var ids = bytes.Length == 0
            ? Gen.Int[0, tokenizer.VocabularySize - 1].Array[0, 12]
            : Gen.OneOf(Gen.Int[0, tokenizer.VocabularySize - 1], Gen.Int[0, bytes.Length - 1].Select(i => bytes[i])).Array[0, 12];
        Gen.Select(ids, ids).Sample(
            (prompt, answer) =>
            {
                var text = new AnswerText(tokenizer, StopPatterns.None, prompt);
                var written = string.Concat(answer.Select(text.Append)) + text.Finish();
                var before = tokenizer.Decode(prompt);
                var whole = tokenizer.Decode([.. prompt, .. answer]);
                // A character with bytes in both parts is in the answer.
                var common = before.AsSpan().CommonPrefixLength(whole);
                Assert.Equal(whole[common..], written);
                Assert.True(common == before.Length || before[common] == '\uFFFD' || whole[common] == '\uFFFD' || before[common..].Length < 12);
            },
            iter: 300);
    }

    [Theory]
    [InlineData("llama2", "a| b|,c")]
    [InlineData("llama2", "Hello| world|!\n|  two|é| ")]
    [InlineData("unigram", "a| b|,c")]
    [InlineData("unigram", "the|y| a")]
    [InlineData("gpt2", "a| b|,c")]
    [InlineData("qwen2", "Hello| world|!\n|  two|é| ")]
    public void Turns_of_a_conversation_are_decoded_to_their_texts(string family, string text)
    {
        var tokenizer = Load(family);
        var turns = text.Split('|');
        int[] ids = [.. tokenizer.Encode(turns[0]), .. turns[1..].SelectMany(turn => tokenizer.EncodeContinuation(turn))];
        Assert.Equal(string.Concat(turns), tokenizer.Decode(ids));
    }

    [Fact]
    public void The_first_word_of_an_answer_keeps_its_space()
    {
        var tokenizer = Load("llama2");
        var word = tokenizer.IdOf("\u2581the") ?? tokenizer.IdOf("\u2581t")!.Value;
        var text = new AnswerText(tokenizer, StopPatterns.None, tokenizer.Encode("a b"));
        Assert.Equal(tokenizer.TokenOf(word)!.Replace('\u2581', ' '), text.Append(word) + text.Finish());
        text = new AnswerText(tokenizer, new StopPatterns([" t"]), tokenizer.Encode("a b"));
        Assert.Equal("", text.Append(word));
        Assert.True(text.Stopped);
    }

    [Fact]
    public void A_stop_string_of_byte_tokens_stops_at_once()
    {
        var tokenizer = Load("llama2");
        int Byte(int value) => tokenizer.IdOf($"<0x{value:X2}>")!.Value;
        var text = new AnswerText(tokenizer, new StopPatterns(["\n"]), tokenizer.Encode("a"));
        Assert.Equal("b", text.Append(tokenizer.IdOf("b")!.Value));
        Assert.Equal("", text.Append(Byte(0x0A)));
        Assert.True(text.Stopped);
        text = new AnswerText(tokenizer, new StopPatterns(["x\n\n"]), tokenizer.Encode("a"));
        Assert.Equal("", text.Append(tokenizer.IdOf("x")!.Value));
        Assert.Equal("", text.Append(Byte(0x0A)));
        Assert.False(text.Stopped);
        Assert.Equal("", text.Append(Byte(0x0A)));
        Assert.True(text.Stopped);
        text = new AnswerText(tokenizer, new StopPatterns(["日"]), tokenizer.Encode("a"));
        Assert.Equal(["", "", ""], new[] { 0xE6, 0x97, 0xA5 }.Select(value => text.Append(Byte(value))));
        Assert.True(text.Stopped);
    }

    [Theory]
    [InlineData("yes\\n", "llama2|qwen2")]
    [InlineData("the", "llama2|qwen2|unigram")]
    [InlineData(" (the|a)", "llama2|qwen2|unigram")]
    [InlineData("é日\\n", "llama2|qwen2")]
    [InlineData("[a-z]{3}\\n\\n", "llama2|qwen2")]
    [InlineData("( [a-z]{1,3}){2,4}\\.", "llama2|qwen2|unigram")]
    [InlineData("[0-9é]{2}\\t", "llama2|qwen2")]
    public void A_constrained_answer_is_written_whole(string expression, string families)
    {
        foreach (var family in families.Split('|'))
        {
            using var loop = new EngineLoop(new NoiseModel(Checkpoint(Load(family))), Small);
            foreach (var prompt in (string[])["a b", "", "x\n"])
            {
                for (var seed = 0UL; seed < 4; seed++)
                {
                    int[] ids = [.. Load(family).Encode(prompt)];
                    if (ids.Length == 0)
                        continue;
                    var answer = loop.Run(new Request
                    {
                        PromptTokens = ids, MaxTokens = 200, Constraint = Constraint.Regex(expression),
                        Sampling = new() { Temperature = 1, Seed = seed },
                    });
                    Assert.Equal(FinishReason.Complete, answer.Finish);
                    Assert.Matches($"^(?:{expression})\\z", answer.Text);
                }
            }
        }
    }

    [Fact]
    public void A_constrained_answer_that_is_cut_keeps_its_whole_characters()
    {
        var tokenizer = Load("llama2");
        int Byte(int value) => tokenizer.IdOf($"<0x{value:X2}>")!.Value;
        var text = new AnswerText(tokenizer, StopPatterns.None, tokenizer.Encode("a"), isConstrained: true);
        Assert.Equal("", string.Concat(new[] { 0xE6, 0x97, 0xA5, 0xE6, 0x97 }.Select(value => text.Append(Byte(value)))));
        Assert.Equal("日", text.Finish());
    }

    [Theory]
    [InlineData("(no\\n|yes)", "n|o|y|e|s", "yes")]
    [InlineData("(no\\n|yes)?x", "n|o|y|e|s|x", "yesx|x")]
    [InlineData("yes(\\n)?", "n|o|y|e|s", "yes")]
    [InlineData("(abx|acd)", "a|b|xy|cd", "acd")]
    [InlineData("(abxy|abz)", "a|b|xy|cd", "abxy")]
    [InlineData("(é|è)!", "é|!", "é!")]
    [InlineData("[ab]{4}c", "aa|b|bc|ab", "aabbc|aaabc|bbbbc|baabc|abbbc|bbabc|babbc|ababc")]
    public void Branches_that_the_vocabulary_cannot_finish_are_not_begun(string expression, string tokens, string expected)
    {
        var tokenizer = new PieceTokenizer(tokens.Split('|'));
        using var loop = new EngineLoop(new NoiseModel(Checkpoint(tokenizer)), Small);
        for (var seed = 0UL; seed < 12; seed++)
        {
            var answer = loop.Run(new Request
            {
                PromptTokens = (int[])[0], MaxTokens = 50, Constraint = Constraint.Regex(expression),
                Sampling = new() { Temperature = 2, Seed = seed },
            });
            Assert.Equal(FinishReason.Complete, answer.Finish);
            Assert.Contains(answer.Text, expected.Split('|'));
        }
    }

    [Fact]
    public void A_constraint_that_the_vocabulary_cannot_satisfy_fails_at_the_first_token()
    {
        using var loop = new EngineLoop(new NoiseModel(Checkpoint(new PieceTokenizer(["a", "b"]))), Small);
        var sink = new CollectingSink();
        loop.Submit(new Request { PromptTokens = (int[])[0], Constraint = Constraint.Regex("[ab]+\\n") }, sink);
        while (loop.Step())
        {
        }

        Assert.Contains("no tokens for any text", Assert.IsType<EngineFailedException>(sink.Failure).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<JsonNode> Parts() =>
        JsonNode.Parse(File.ReadAllText(Fixtures.InRepository("tokenizers/parts.json")))!.AsArray().Select(static part => part!);

    private static LoadedCheckpoint Checkpoint(Tokenizer tokenizer) => new LoadedCheckpoint
    {
        Folder = "none",
        Config = ModelConfig.Parse("""{ "max_position_embeddings": 4096 }"""),
        Fingerprint = "pieces",
        Generation = new GenerationConfig([], null),
    }.With<Tokenizer?>(tokenizer);

    private Tokenizer Load(string kind)
    {
        if (Parts().FirstOrDefault(part => (string)part["name"]! == kind) is not { } changes)
            return Tokenizer.Load(Fixtures.InRepository($"tokenizers/{kind}/tokenizer.json"));
        var root = JsonNode.Parse(File.ReadAllText(Fixtures.InRepository($"tokenizers/{changes["family"]}/tokenizer.json")))!;
        foreach (var (field, value) in changes["parts"]!.AsObject())
            root[field] = value?.DeepClone();
        foreach (var (field, value) in changes["model"]!.AsObject())
            root["model"]![field] = value?.DeepClone();
        return Tokenizer.Load(_folder.Write("tokenizer.json", root.ToJsonString()));
    }

    /// <summary>A tokenizer of some texts, and of no single bytes except those.</summary>
    private sealed class PieceTokenizer(string[] pieces) : Tokenizer
    {
        private readonly byte[][] _bytes = [.. pieces.Select(System.Text.Encoding.UTF8.GetBytes)];

        public override int VocabularySize => pieces.Length;

        public override int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false) => throw new NotSupportedException();

        public override ReadOnlySpan<byte> Bytes(int id) => _bytes[id];

        public override bool IsSpecial(int id) => false;

        public override int? IdOf(string token) => Array.IndexOf(pieces, token) is >= 0 and var id ? id : null;

        public override string? TokenOf(int id) => pieces[id];
    }
}
