using System.Globalization;
using System.Text;
using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>Normalizes a text before it is split. Each step keeps the text free of lone surrogates.</summary>
internal static class Normalizer
{
    private const string Supported =
        "NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, BertNormalizer, Prepend, Replace, Precompiled, ByteLevel or a Sequence of them";

    /// <param name="json">The file.</param>
    /// <param name="element">The normalizer.</param>
    /// <param name="continues">Whether the text continues another one: no step adds or removes a space at its beginning.</param>
    /// <exception cref="CheckpointException">A kind that is not supported, or too many steps.</exception>
    public static Func<string, string> Parse(TokenizerJson json, JsonElement? element, bool continues = false)
    {
        List<Func<string, string>> steps = json.Steps(element, "normalizer", "normalizers")
            .FindAll(step => !continues || json.Text(step, "normalizer", "type") != "Prepend")
            .ConvertAll(step => Step(json, step, continues));
        if (steps.Count == 0)
            return static text => text;
        return text =>
        {
            long most = TextGrowth.Most(text.Length);
            foreach (Func<string, string> step in steps)
            {
                text = step(text);
                TextGrowth.Check(json, "normalizer", text.Length, most);
            }

            return text;
        };
    }

    private static Func<string, string> Step(TokenizerJson json, JsonElement normalizer, bool continues)
    {
        string type = json.Text(normalizer, "normalizer", "type");
        return type switch
        {
            "NFC" => CanonicalForm.Compose,
            "NFD" => CanonicalForm.Decompose,
            "NFKC" => CanonicalForm.ComposeCompatible,
            "NFKD" => CanonicalForm.DecomposeCompatible,
            "Lowercase" => Lower,
            "Strip" => Strip(json.Bool(normalizer, "strip_left", true) && !continues, json.Bool(normalizer, "strip_right", true)),
            "StripAccents" => static text => Where(text, static rune => !Characters.IsMark(rune)),
            "Nmt" => Nmt,
            "BertNormalizer" => Bert(json, normalizer),
            "Prepend" => Prepend(json.Replacement(normalizer, "normalizer", "prepend")),
            "Replace" => Replacement.Parse(json, normalizer, "normalizer").Apply,
            "Precompiled" => CharacterMap.Parse(json, normalizer).Apply,
            "ByteLevel" => ByteAlphabet.Spell,
            _ => throw json.Unsupported("normalizer.type", type, Supported),
        };
    }

    private static Func<string, string> Strip(bool left, bool right) => (left, right) switch
    {
        (true, true) => static text => text.Trim(),
        (true, false) => static text => text.TrimStart(),
        (false, true) => static text => text.TrimEnd(),
        _ => static text => text,
    };

    private static Func<string, string> Prepend(string prefix) => text => text.Length == 0 ? text : prefix + text;

    /// <summary>
    /// Lowers each character by itself, as the reference does: no final sigma. Only one character (U+0130) has a lower case of two.
    /// </summary>
    private static string Lower(string text) => text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);

    private static Func<string, string> Bert(TokenizerJson json, JsonElement normalizer)
    {
        bool clean = json.Bool(normalizer, "clean_text", true);
        bool ideographs = json.Bool(normalizer, "handle_chinese_chars", true);
        bool lower = json.Bool(normalizer, "lowercase", true);
        bool accents = json.Bool(normalizer, "strip_accents", lower);
        return text =>
        {
            if (clean)
            {
                text = Where(text, static rune => rune.Value is not (0 or 0xFFFD) && !Characters.IsControl(rune));
                text = Select(text, static rune => Rune.IsWhiteSpace(rune) ? new Rune(' ') : rune);
            }

            if (ideographs)
                text = string.Concat(text.EnumerateRunes().Select(static rune => Characters.IsIdeograph(rune) ? $" {rune} " : rune.ToString()));
            if (accents)
                text = Where(CanonicalForm.Decompose(text), static rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark);
            return lower ? Lower(text) : text;
        };
    }

    private static string Nmt(string text)
    {
        text = Where(text, static rune => rune.Value is not ((>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F));
        return Select(text, static rune => rune.Value
            is 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD
                ? new Rune(' ')
                : rune);
    }

    private static string Where(string text, Func<Rune, bool> keeps)
    {
        if (text.EnumerateRunes().All(keeps))
            return text;
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (keeps(rune))
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static string Select(string text, Func<Rune, Rune> change)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            result.Append(change(rune).ToString());
        return result.ToString();
    }
}
