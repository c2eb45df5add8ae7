using System.Globalization;
using System.Text;

namespace Cambium.Text;

/// <summary>Character classes of the reference implementation.</summary>
internal static class Characters
{
    /// <summary>A word character: a letter, mark, decimal digit, letter-like number or sign, or a connector such as the underscore.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        // Circled and squared letters count as alphabetic, and joiners as parts of words.
        UnicodeCategory.OtherSymbol =>
            rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        <= UnicodeCategory.OtherLetter => true,
        var category => IsMark(category),
    };

    /// <summary>A mark that combines with the character before it.</summary>
    public static bool IsMark(Rune rune) => IsMark(Rune.GetUnicodeCategory(rune));

    /// <summary>Punctuation, and every printable ASCII character that is not a letter or digit.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Rune.IsPunctuation(rune);

    /// <summary>A control character, a format character or one for private use; not the usual white space.</summary>
    public static bool IsControl(Rune rune) => rune.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    /// <summary>An ideograph: BERT's tokenizer makes each one a word.</summary>
    public static bool IsIdeograph(Rune rune) =>
        rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private static bool IsMark(UnicodeCategory category) =>
        category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
