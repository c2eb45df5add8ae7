using static Cambium.Text.PreTokenizerPatterns;

namespace Cambium.Text;

/// <summary>How a byte-level BPE splits a text before merges.</summary>
/// <param name="Patterns">Splitting patterns in sequence. A match and the text between two matches are pieces, which the next pattern splits.</param>
/// <param name="EndsWithGpt2">Whether GPT-2's pattern splits last.</param>
/// <param name="TakesWholePieces">Whether a piece that is a token stays one, without merges (<c>ignore_merges</c>).</param>
/// <param name="BeginsText">Whether BOS is added if the file does not say.</param>
/// <param name="IsComposed">Whether texts are normalized to NFC first.</param>
internal sealed record PreTokenizerPreset(
    string[] Patterns, bool EndsWithGpt2 = false, bool TakesWholePieces = false, bool BeginsText = false, bool IsComposed = false);

/// <summary>
/// Pre-tokenizers by <c>tokenizer.ggml.pre</c>. The names are those of llama.cpp. The patterns are those of the models' <c>tokenizer.json</c>;
/// llama.cpp writes some of them in another form, because its regular expressions have no categories such as <c>\p{Lu}</c>.
/// </summary>
/// <remarks>
/// Not expressed here: <c>superbpe</c> (matches of no characters), <c>kimi-k2</c> (intersections of classes), <c>afmoe</c> (digits counted from the
/// end), <c>deepseek-llm</c> (characters beyond U+FFFF), <c>chameleon</c> (image tokens), and the names whose vocabularies are not byte-level.
/// </remarks>
internal static class PreTokenizerPresets
{
    /// <summary>The name that stands for a file without one.</summary>
    public const string Default = "default";

    private const string Ideographs = @"[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";
    private const string DeepSeek3Words = @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+";
    private const string NordicWords = @" ?[^(\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";
    private const string ThreeDigits = "[0-9][0-9][0-9]";

    private static readonly (string Names, PreTokenizerPreset Preset)[] Table =
    [
        (Default, new([@"[\p{P}$+<=>^~|]+", Gpt2, @"\p{N}+", ThreeDigits])),
        ("gpt-2 phi-2 mpt jais gigachat mellum a.x-4.0 exaone4 trillion granite-docling jina-es jina-de jina-v2-es jina-v2-de modern-bert",
            new([], EndsWithGpt2: true)),
        ("olmo", new([], EndsWithGpt2: true, IsComposed: true)),
        ("smollm starcoder refact command-r codeshell exaone minerva-7b mellum2", new([@"\p{N}"], EndsWithGpt2: true)),
        ("falcon", new([@"[\p{P}$+<=>^~|`]+", Gpt2, ThreeDigits])),
        ("llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
            new([Llama3], TakesWholePieces: true, BeginsText: true)),
        ("dbrx smaug-bpe glm4 chatglm-bpe", new([Llama3])),
        ("minicpm5", new(
            [@"\p{N}{1,3}", Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+" + Symbols], TakesWholePieces: true)),
        ("jais-2", new(
            [
                Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)"
                    + @"|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}",
            ])),
        ("qwen2 deepseek-r1-qwen megrez", new([Qwen2], IsComposed: true)),
        ("kormo f2llmv2 stablelm2 hunyuan solar-open grok-2", new([Qwen2])),
        ("qwen35", new(
            [Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + Space], IsComposed: true)),
        ("laguna", new([@"[^\n]+|[\n]+", Qwen2])),
        ("ufakzeka", new([@"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + Symbols])),
        ("seed-coder", new([Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+" + Space])),
        ("bailingmoe bailingmoe2 llada-moe", new(
            [@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"])),
        ("exaone-moe", new(
            [
                Contractions + @"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+",
            ])),
        ("tekken", new([Tekken], TakesWholePieces: true, BeginsText: true)),
        ("gpt-4o llama4 kanana2 talkie minimax-m2", new([Gpt4o])),
        ("granite-embed-multi-97m", new([Gpt4o], TakesWholePieces: true)),
        ("tiny_aya cohere2moe", new([@"\d{1,3}(?=(?:\d{3})*\b)", Gpt4o])),
        ("youtu", new(
            [
                @"[\uAC00-\uD7A3\u3131-\u318E]+|[\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F]+"
                    + @"|[\u3105-\u312F]+|" + Ideographs,
                Lower + Contractions + "?" + Upper + Contractions + @"?|\p{N}" + SymbolsWithSlash,
            ],
            TakesWholePieces: true)),
        ("deepseek-v3 hunyuan-dense joyai-llm hy_v4", new([@"\p{N}{1,3}", Ideographs, DeepSeek3Words + @"[\r\n]*" + Space])),
        ("spark2_5", new([@"\p{N}{1,3}", Ideographs, DeepSeek3Words + @"|[\r\n]|\s+(?!\S)|\s+", @"\p{N}"])),
        ("deepseek-coder", new([@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", @"[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+", @"\p{N}"])),
        ("poro-chat bloom gpt3-finnish", new([NordicWords])),
        ("viking", new([NordicWords, @"\p{N}"])),
    ];

    private static readonly Dictionary<string, PreTokenizerPreset> ByName =
        Table.SelectMany(static row => row.Names.Split(' '), static (row, name) => (name, row.Preset)).ToDictionary(StringComparer.Ordinal);

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => ByName.Keys;

    /// <returns>Null for a name that is not supported.</returns>
    public static PreTokenizerPreset? Find(string name) => ByName.GetValueOrDefault(name);
}
