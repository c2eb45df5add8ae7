using System.Text;
using Cambium.Text;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>Splits of the pre-tokenizers that GGUF files name.</summary>
public sealed class PreTokenizerPresetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. PreTokenizerPresets.Names];

    public void Dispose() => _folder.Dispose();

    // Pieces are separated by ¦.
    [Theory]
    [InlineData("gpt-2", "I'll pay 123  $5\n\nok ", "I¦'ll¦ pay¦ 123¦ ¦ $¦5¦\n¦\n¦ok¦ ")]
    [InlineData("smollm", "up 12a", "up¦ ¦1¦2¦a")]
    [InlineData("llama-bpe", "don'T abc1234", "don¦'T¦ abc¦123¦4")]
    [InlineData("dbrx", "abc1234", "abc¦123¦4")]
    [InlineData("qwen2", "I'll pay 12\n\nok", "I¦'ll¦ pay¦ ¦1¦2¦\n\n¦ok")]
    [InlineData("deepseek-r1-qwen", "I'll pay 12\n\nok", "I¦'ll¦ pay¦ ¦1¦2¦\n\n¦ok")]
    [InlineData("qwen35", "क्षि1 ok", "क्षि¦1¦ ok")]
    [InlineData("tekken", "HelloWORLDs 123 naïve/\n x", "Hello¦WORLDs¦ ¦1¦2¦3¦ naïve¦/\n¦ x")]
    [InlineData("tekken", "éÉa ÀÉ", "é¦Éa¦ ÀÉ")]
    [InlineData("gpt-4o", "I'LL don't 12345 XMLHttp 日本", "I'LL¦ don't¦ ¦123¦45¦ XMLHttp¦ 日本")]
    [InlineData("llama4", "fooBar 12345", "foo¦Bar¦ ¦123¦45")]
    [InlineData("default", "a+b (12345) don't ", "a¦+¦b¦ ¦(¦123¦45¦)¦ don¦'¦t¦ ")]
    [InlineData(null, "a+b (12345) don't ", "a¦+¦b¦ ¦(¦123¦45¦)¦ don¦'¦t¦ ")]
    [InlineData("", "x=12345", "x¦=¦123¦45")]
    [InlineData("falcon", "a`b 1234", "a¦`¦b¦ ¦123¦4")]
    [InlineData("deepseek-v3", "abc1234中文かな test!foo?", "abc¦123¦4¦中文かな¦ test¦!foo¦?")]
    [InlineData("deepseek-coder", "ab, 12\n", "ab¦,¦ ¦1¦2¦\n")]
    [InlineData("spark2_5", "a!\n\nb", "a¦!¦\n¦\n¦b")]
    [InlineData("tiny_aya", "x1234567", "x¦1¦234¦567")]
    [InlineData("youtu", "한국。abc's 12", "한국¦。¦abc's¦ ¦1¦2")]
    [InlineData("bloom", "Hi, you!", "Hi¦,¦ you¦!")]
    [InlineData("viking", "a12 b", "a¦1¦2¦ b")]
    [InlineData("exaone-moe", "go to x1", "go to x¦1")]
    [InlineData("bailingmoe", "a's 1!!", "a¦'s¦ ¦1¦!!")]
    [InlineData("jais-2", "a     b", "a¦    ¦ b")]
    [InlineData("minicpm5", "a12345", "a¦123¦45")]
    [InlineData("seed-coder", "a!\nb", "a¦!¦\n¦b")]
    [InlineData("ufakzeka", "Ali'nin", "Ali¦'nin")]
    [InlineData("laguna", "a \n b", "a¦ ¦\n¦ b")]
    public void A_text_splits_as_the_model_expects(string? name, string text, string pieces) => Assert.Equal(pieces.Split('¦'), Split(name, text));

    [Theory]
    [MemberData(nameof(Names))]
    public void Pieces_of_a_preset_cover_the_text(string name)
    {
        const string text = "Héllo, WORLD's  test_42!\r\n\t 中文 한국 العربية 🌱 x=3.14159e-10;\n\n<a href=\"#\">don'T</a>   ";
        Assert.Equal(text, string.Concat(Split(name, text)));
    }

    [Theory]
    [InlineData("tekken", true)]
    [InlineData("llama-bpe", true)]
    [InlineData("deepseek-r1-qwen", false)]
    [InlineData("gpt-4o", false)]
    [InlineData(null, false)]
    public void BOS_is_added_by_default_only_where_the_model_expects_it(string? name, bool adds)
    {
        var tokenizer = Tokenizer.TryLoad(Write(name))!;
        Assert.Equal(adds, tokenizer.Encode("a", addSpecial: true)[0] == 0);
    }

    private List<string> Split(string? name, string text)
    {
        var json = TokenizerJson.TryLoadGguf(Write(name))!;
        var pieces = new List<string>();
        PreTokenizer.Parse(json, json.Root.GetProperty("pre_tokenizer")).Split(
            text, true, (piece, _) => pieces.Add(Encoding.UTF8.GetString(ByteAlphabet.Bytes(piece.ToString()))));
        return pieces;
    }

    private string Write(string? name)
    {
        string[] tokens = ["<s>", .. Enumerable.Range(0, 256).Select(static value => ByteAlphabet.Char((byte)value).ToString()), "ab"];
        var file = new GgufBuilder().Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.tokens", tokens)
            .Set("tokenizer.ggml.token_type", (int[])[3, .. Enumerable.Repeat(1, 257)]).Set("tokenizer.ggml.bos_token_id", 0u)
            .Set("tokenizer.ggml.merges", (string[])["a b"]);
        return (name is null ? file : file.Set("tokenizer.ggml.pre", name)).Save(Path.Combine(_folder.Path, "tokenizer.gguf"));
    }
}
