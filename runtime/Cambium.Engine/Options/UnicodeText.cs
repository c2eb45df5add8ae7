using System.Text;

namespace Cambium.Runtime;

/// <summary>Texts that name something: they have to survive an encoding, so that two names never become one.</summary>
internal static class UnicodeText
{
    /// <summary>Encodes without replacement: U+FFFD for half of a surrogate pair would merge different names.</summary>
    public static UTF8Encoding Strict { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The index of the first half of a surrogate pair without its other half; -1 if there is none.</summary>
    public static int FirstLoneSurrogate(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return i;
            i++;
        }

        return -1;
    }
}
