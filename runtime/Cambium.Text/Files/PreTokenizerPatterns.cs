namespace Cambium.Text;

/// <summary>Splitting patterns of common families, as the models' <c>tokenizer.json</c> has them, and parts of which others consist.</summary>
internal static class PreTokenizerPatterns
{
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    public const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    public const string Space = @"|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Symbols = @"| ?[^\s\p{L}\p{N}]+[\r\n]*" + Space;
    public const string Llama3 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + Symbols;
    public const string Qwen2 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + Symbols;

    // Words by case: optional uppercase letters before lowercase ones, or uppercase letters before optional lowercase ones.
    public const string Lower = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+";
    public const string Upper = @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";
    public const string SymbolsWithSlash = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*" + Space;
    public const string Tekken = Lower + Upper + @"|\p{N}" + SymbolsWithSlash;
    public const string Gpt4o = Lower + Contractions + "?" + Upper + Contractions + @"?|\p{N}{1,3}" + SymbolsWithSlash;
}
