namespace Cambium.Checkpoints;

/// <summary>Blocks of 256 inputs with the values -1, 0 and 1 and one f16 scale.</summary>
internal static unsafe class TernaryBlocks
{
    /// <summary>52 bytes of five or four base-3 digits each, f16 scale.</summary>
    public static void TQ1_0(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        Begin(block + 52, parts, out scale, out minimum);
        Digits(block, 32, 5, parts.Codes);
        Digits(block + 32, 16, 5, parts.Codes + 160);
        Digits(block + 48, 4, 4, parts.Codes + 240);
    }

    /// <summary>64 bytes of codes, f16 scale. Code 3 is 2.</summary>
    public static void TQ2_0(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        Begin(block + 64, parts, out scale, out minimum);
        NestedScaleBlocks.TwoBits(block, parts.Codes);
    }

    private static void Begin(byte* source, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(source), 0);
        new Span<sbyte>(parts.SubScales, 8).Fill(1);
    }

    // A byte is a fraction of 256 whose first base-3 digits are codes: times 3, the digit is the carry and the byte the rest.
    private static void Digits(byte* source, int bytes, int digits, byte* codes)
    {
        for (var i = 0; i < bytes; i++)
        {
            int rest = source[i];
            for (var digit = 0; digit < digits; digit++)
            {
                var product = rest * 3;
                codes[(digit * bytes) + i] = (byte)(product >> 8);
                rest = product & 255;
            }
        }
    }
}
