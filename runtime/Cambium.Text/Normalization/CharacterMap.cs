using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cambium.Text;

/// <summary>
/// The character map (precompiled_charsmap) of SentencePiece: a double-array trie of byte strings with their replacements. A short grapheme is looked
/// up as a whole first, then character by character.
/// </summary>
internal sealed class CharacterMap
{
    private const int MaxGraphemeBytes = 6;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    private CharacterMap(uint[] units, byte[] texts)
    {
        _units = units;
        _texts = texts;
    }

    /// <exception cref="Cambium.Checkpoints.CheckpointException">The map is damaged.</exception>
    public static CharacterMap Parse(TokenizerJson json, JsonElement normalizer)
    {
        const string where = "normalizer.precompiled_charsmap";
        string text = json.Text(normalizer, "normalizer", "precompiled_charsmap", "");
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw json.Error(where, "no base64", "a compiled character map");
        }

        if (bytes.Length == 0)
            return new CharacterMap([], []);
        if (bytes.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var size && (size % 4 != 0 || size > bytes.Length - 4))
            throw json.Error(where, $"a map of {bytes.Length} bytes whose trie goes beyond its end", "a compiled character map");
        int trie = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint[] units = new uint[trie / 4];
        for (int i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)));
        return new CharacterMap(units, bytes[(4 + trie)..]);
    }

    public string Apply(string text)
    {
        if (_units.Length == 0)
            return text;
        var result = new StringBuilder(text.Length);
        long most = TextGrowth.Most(text.Length);
        // The caller refuses a text that is too long.
        for (int at = 0; at < text.Length && result.Length <= most;)
        {
            int length = StringInfo.GetNextTextElementLength(text.AsSpan(at));
            ReadOnlySpan<char> grapheme = text.AsSpan(at, length);
            at += length;
            if (length < MaxGraphemeBytes && Encoding.UTF8.GetByteCount(grapheme) < MaxGraphemeBytes && Lookup(grapheme) is { } whole)
            {
                result.Append(whole);
                continue;
            }

            foreach (Rune rune in grapheme.EnumerateRunes())
                result.Append(Lookup(rune.ToString()) ?? rune.ToString());
        }

        return result.ToString();
    }

    /// <summary>The replacement of the shortest prefix of a text that is in the map; null if there is none.</summary>
    private string? Lookup(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[MaxGraphemeBytes];
        bytes = bytes[..Encoding.UTF8.GetBytes(text, bytes)];
        uint node = Offset(_units[0]);
        foreach (byte value in bytes)
        {
            if (value == 0)
                return null;
            node ^= value;
            if (node >= _units.Length)
                return null;
            uint unit = _units[node];
            if ((unit & 0x8000_00FF) != value)
                return null;
            node ^= Offset(unit);
            if (node >= _units.Length)
                return null;
            if ((unit >> 8 & 1) == 1)
                return Text(_units[node] & 0x7FFF_FFFF);
        }

        return null;
    }

    private string? Text(uint start)
    {
        if (start > _texts.Length)
            return null;
        ReadOnlySpan<byte> rest = _texts.AsSpan((int)start);
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(rest[..(end < 0 ? rest.Length : Math.Min(end, TokenizerJson.MaxReplacement))]);
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
