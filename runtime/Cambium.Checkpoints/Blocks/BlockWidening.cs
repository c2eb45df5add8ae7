using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cambium.Checkpoints;

/// <summary>Reads quantized blocks as f32.</summary>
internal static unsafe class BlockWidening
{
    /// <summary>Widens a number of blocks; see <see cref="BlockFormat"/> for the formula.</summary>
    public static void Widen(BlockFormat format, byte* blocks, float* destination, long count)
    {
        var codes = stackalloc byte[BlockFormat.MaxInputs];
        var subScales = stackalloc sbyte[BlockFormat.MaxSubBlocks];
        var subMinimums = stackalloc byte[BlockFormat.MaxSubBlocks];
        new Span<byte>(subMinimums, BlockFormat.MaxSubBlocks).Clear();
        // A table without zero point has at most 16 values.
        var table = stackalloc sbyte[16];
        if (format.ZeroPoint is null)
            format.Values.CopyTo(new Span<sbyte>(table, 16));
        var values = Vector128.Load(table);
        for (; count > 0; count--, blocks += format.Bytes, destination += format.Inputs)
        {
            format.Decode(blocks, codes, subScales, subMinimums, out var scale, out var minimum);
            for (int sub = 0, first = 0; first < format.Inputs; sub++, first += format.SubInputs)
            {
                var factor = Vector256.Create(scale * subScales[sub]);
                // 0 without minimums: x - 0 is x for every x, -0 included.
                var offset = Vector256.Create(minimum * subMinimums[sub]);
                for (var i = first; i < first + format.SubInputs; i += 16)
                {
                    var code = Vector128.Load(codes + i);
                    var value = format.ZeroPoint is { } zero
                        ? (code - Vector128.Create((byte)zero)).AsSByte()
                        : Vector128.Shuffle(values, code.AsSByte());
                    var (low, high) = Vector128.Widen(value);
                    var (a, b) = (ToFloats(low) * factor, ToFloats(high) * factor);
                    (a - offset).Store(destination + i);
                    (b - offset).Store(destination + i + 8);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToFloats(Vector128<short> numbers)
    {
        var (low, high) = Vector128.Widen(numbers);
        return Vector256.ConvertToSingle(Vector256.Create(low, high));
    }
}
