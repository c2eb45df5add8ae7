using System.Text.Json;
using Cambium.Checkpoints;
using Cambium.Text;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

public class TokenizerTests
{
    public static TheoryData<string> Families => ["gpt2", "llama3", "qwen2", "llama2", "unigram"];

    public static TheoryData<string> ByteLevelFamilies => ["gpt2", "llama3", "qwen2"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_recorded_text_gets_the_recorded_ids(string family)
    {
        Tokenizer tokenizer = Load(family);
        Assert.All(Cases(family), test =>
        {
            string text = test.GetProperty("text").GetString()!;
            Assert.Equal(Ids(test, "ids"), tokenizer.Encode(text, addSpecial: false, parseSpecial: true));
            Assert.Equal(Ids(test, "with_special"), tokenizer.Encode(text, addSpecial: true, parseSpecial: true));
        });
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_recorded_list_of_ids_gets_the_recorded_text(string family)
    {
        Tokenizer tokenizer = Load(family);
        Assert.All(Cases(family), test =>
        {
            int[] ids = Ids(test, "ids");
            Assert.Equal(test.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skipSpecial: false));
            Assert.Equal(test.GetProperty("decoded_skipping_special").GetString(), tokenizer.Decode(ids, skipSpecial: true));
        });
    }

    [Fact]
    public void Byte_fallback_round_trips_any_text_except_the_space_mark()
    {
        Tokenizer tokenizer = Load("llama2");
        Gen.OneOf(Gen.Int[0x20, 0x7E], Gen.Int[0, 0xD7FF], Gen.Int[0xE000, 0x10FFFF]).Array[0, 40].Sample(points =>
        {
            string text = string.Concat(points.Where(static point => point != 0x2581).Select(char.ConvertFromUtf32));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false), skipSpecial: false));
        }, iter: 2000);
    }

    [Theory]
    [MemberData(nameof(ByteLevelFamilies))]
    public void Any_text_round_trips(string family)
    {
        Tokenizer tokenizer = Load(family);
        Gen.OneOf(Gen.Int[0x20, 0x7E], Gen.Int[0, 0xD7FF], Gen.Int[0xE000, 0x10FFFF]).Array[0, 40].Sample(points =>
        {
            string text = string.Concat(points.Select(char.ConvertFromUtf32));
            string expected = family == "qwen2" ? CanonicalForm.Compose(text) : text;
            Assert.Equal(expected, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false), skipSpecial: false));
        }, iter: 2000);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Streamed_pieces_join_to_the_text_in_whole_characters(string family)
    {
        Tokenizer tokenizer = Load(family);
        Gen.Int[-1, tokenizer.VocabularySize].Array[0, 60].Sample(ids =>
        {
            var stream = new TextStream(tokenizer, skipSpecial: false);
            string[] pieces = [.. ids.Select(stream.Append), stream.Flush()];
            string whole = tokenizer.Decode(ids, skipSpecial: false);
            Assert.Equal(whole, string.Concat(pieces));
            if (family is "gpt2" or "llama3" or "qwen2")
                Assert.Equal(System.Text.Encoding.UTF8.GetString([.. ids.SelectMany(id => tokenizer.Bytes(id).ToArray())]), whole);
            Assert.All(pieces, static piece => Assert.False(piece.Length > 0 && (char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1]))));
        }, iter: 500);
    }

    [Fact]
    public void A_character_of_several_tokens_appears_with_its_last_token()
    {
        Tokenizer tokenizer = Load("gpt2");
        int[] ids = tokenizer.Encode("日", addSpecial: false);
        Assert.Equal(3, ids.Length);
        var stream = new TextStream(tokenizer);
        Assert.Equal(["", "", "日"], ids.Select(stream.Append));
        Assert.Equal("", stream.Flush());
        Assert.Equal("", stream.Append(ids[0]));
        Assert.Equal("\uFFFD", stream.Flush());
        Assert.Equal(["", "", "日"], ids.Select(stream.Append));
    }

    [Fact]
    public void Consecutive_byte_tokens_appear_with_the_last_one()
    {
        Tokenizer tokenizer = Load("llama2");
        int Byte(int value) => tokenizer.IdOf($"<0x{value:X2}>")!.Value;
        var stream = new TextStream(tokenizer);
        Assert.Equal(["", "", "", "a日b"],
            new[] { Byte(0xE6), Byte(0x97), Byte(0xA5), tokenizer.IdOf("b")!.Value }.Select(stream.Append)
                .Select(static (piece, i) => i == 3 ? "a" + piece : piece));
        Assert.Equal("", stream.Flush());
        Assert.Equal("\uFFFD\uFFFD\uFFFD\uFFFD", tokenizer.Decode([Byte(0xE6), Byte(0x97), Byte(0xA5), Byte(0xFF)]));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Names_of_special_tokens_are_text_unless_asked_for(string family)
    {
        Tokenizer tokenizer = Load(family);
        string[] names = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsSpecial).Select(id => tokenizer.TokenOf(id)!)];
        int[] unknown = tokenizer.IdOf("<unk>") is { } id ? [id] : [];
        Gen.OneOf(Gen.Int[0, names.Length - 1].Select(i => names[i]), Gen.String[Gen.Char[' ', '~'], 0, 6]).Array[1, 6].Sample(parts =>
        {
            string text = string.Concat(parts);
            Assert.DoesNotContain(tokenizer.Encode(text, addSpecial: false), token => tokenizer.IsSpecial(token) && !unknown.Contains(token));
        }, iter: 500);
        Assert.All(names, name => Assert.Equal([tokenizer.IdOf(name)!.Value], tokenizer.Encode(name, addSpecial: false, parseSpecial: true)));
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character()
    {
        Tokenizer tokenizer = Load("qwen2");
        Assert.Equal(tokenizer.Encode("a\uFFFDb"), tokenizer.Encode("a\uD800b"));
    }

    [Fact]
    public void A_letter_beyond_U_FFFF_stays_in_its_word()
    {
        // As UTF-16, both halves of the pair would not match a letter, and the space would be in another piece.
        PiecePattern pattern = PiecePattern.Gpt2;
        Assert.Equal([(0, 3), (3, 6)], pattern.Parts("a𝒜 𠀀").Select(static part => (part.Start, part.End)));
        Assert.Equal([(0, 2), (2, 5)], pattern.Parts("👍 👍").Select(static part => (part.Start, part.End)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("\u0301")]
    [InlineData("word ")]
    [InlineData("<|im_start|>")]
    public void Encoding_time_is_not_quadratic(string unit)
    {
        // Quadratic loops would need minutes. The test has no clock; it only has to end.
        Tokenizer tokenizer = Load("qwen2");
        string text = string.Concat(Enumerable.Repeat(unit, 200_000 / unit.Length));
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false), skipSpecial: false));
    }

    [Fact]
    public void Heap_merges_equal_naive_merges()
    {
        Gen.Select(Gen.Int[0, 3].Array[0, 24], Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9]).Array[0, 12]).Sample((symbols, pairs) =>
        {
            var merges = new BytePairMerges();
            var table = new Dictionary<(int, int), (int Rank, int Id)>();
            for (int rank = 0; rank < pairs.Length; rank++)
            {
                // As in a vocabulary, a merge creates a new token from two earlier ones.
                (int left, int right) = (pairs[rank].Item1 % (4 + rank), pairs[rank].Item2 % (4 + rank));
                if (table.TryAdd((left, right), (rank, 4 + rank)))
                    merges.Add(left, right, rank, 4 + rank);
            }

            List<int> naive = [.. symbols];
            while (Enumerable.Range(0, Math.Max(naive.Count - 1, 0)).Where(i => table.ContainsKey((naive[i], naive[i + 1])))
                .ToArray() is { Length: > 0 } places)
            {
                int best = places.MinBy(i => table[(naive[i], naive[i + 1])].Rank);
                naive[best] = table[(naive[best], naive[best + 1])].Id;
                naive.RemoveAt(best + 1);
            }

            int count = merges.Apply(symbols);
            Assert.Equal(naive, symbols[..count]);
        }, iter: 5000);
    }

    [Fact]
    public void Special_tokens_are_known_by_name_and_by_id()
    {
        Tokenizer tokenizer = Load("llama3");
        Assert.Equal(803, tokenizer.IdOf("<|eot_id|>"));
        Assert.Equal("<|eot_id|>", tokenizer.TokenOf(803));
        Assert.True(tokenizer.IsSpecial(803));
        Assert.False(tokenizer.IsSpecial(0));
        Assert.Equal(804, tokenizer.VocabularySize);
        Assert.Null(tokenizer.TokenOf(804));
        Assert.Null(tokenizer.IdOf("<|nothing|>"));
    }

    private static Tokenizer Load(string family) => Tokenizer.Load(Fixtures.InRepository($"tokenizers/{family}/tokenizer.json"));

    private static JsonElement[] Cases(string family) =>
        [.. JsonDocument.Parse(File.ReadAllText(Fixtures.InRepository($"tokenizers/{family}/cases.json"))).RootElement.EnumerateArray()];

    private static int[] Ids(JsonElement test, string field) => [.. test.GetProperty(field).EnumerateArray().Select(static id => id.GetInt32())];
}
