namespace Cambium.Checkpoints;

/// <summary>
/// A quantized storage type of GGUF. A row of a matrix is a sequence of blocks. A weight is
/// <c>(scale * subScale) * Values[code] - minimum * subMinimum</c>, in f32 and in this order. The products have at most 24 significant bits, so that
/// only the subtraction rounds, and the results are those of ggml to the last bit.
/// </summary>
/// <remarks>
/// The names and layouts are those of ggml-common.h. <see cref="Decode"/> is the only code that knows a layout: reading as f32, packing, and the
/// multiplication of packed weights all begin with its parts.
/// </remarks>
internal sealed unsafe class BlockFormat(
    string name, uint number, int inputs, int bytes, int codeBits, int subInputs, bool hasMinimums, bool hasSubScales, sbyte[] values, int? zeroPoint,
    delegate*<byte*, BlockParts, out float, out float, void> decode)
{
    /// <summary>Inputs of the largest block.</summary>
    public const int MaxInputs = 256;

    /// <summary>Largest number of sub-blocks.</summary>
    public const int MaxSubBlocks = 16;

    /// <summary>The name in llama.cpp.</summary>
    public string Name => name;

    /// <summary>The number of the type in a file.</summary>
    public uint Number => number;

    /// <summary>Inputs of a block: 32 or 256.</summary>
    public int Inputs => inputs;

    /// <summary>Bytes of a block.</summary>
    public int Bytes => bytes;

    /// <summary>Bits of a code: 2, 3, 4, 5, 6 or 8.</summary>
    public int CodeBits => codeBits;

    /// <summary>Inputs of a sub-block: 16 or 32.</summary>
    public int SubInputs => subInputs;

    /// <summary>Sub-blocks of a block: 1, 8 or 16.</summary>
    public int SubBlocks => inputs / subInputs;

    /// <summary>Whether a minimum is subtracted.</summary>
    public bool HasMinimums => hasMinimums;

    /// <summary>Whether sub-scales differ from 1.</summary>
    public bool HasSubScales => hasSubScales;

    /// <summary>The value of each code: 2^<see cref="CodeBits"/> entries. No value is -128 except that of code 0 of Q8_0.</summary>
    public ReadOnlySpan<sbyte> Values => values;

    /// <summary>The code of value 0 if a value is its code minus this number; null for other tables.</summary>
    public int? ZeroPoint => zeroPoint;

    /// <summary>Splits a block into its parts.</summary>
    /// <param name="block">[<see cref="Bytes"/>] without alignment.</param>
    /// <param name="codes">[<see cref="Inputs"/>] receives codes in the order of inputs, each below 2^<see cref="CodeBits"/>.</param>
    /// <param name="subScales">[<see cref="SubBlocks"/>] receives the factors of the scale; 1 without <see cref="HasSubScales"/>.</param>
    /// <param name="subMinimums">
    /// [<see cref="SubBlocks"/>] receives the factors of the minimum, 0 to 63. Not written without <see cref="HasMinimums"/>.
    /// </param>
    /// <param name="scale">Receives the scale: an f16 (infinities and NaN included) or, for MXFP4, a power of two from 2^-128 to 2^127.</param>
    /// <param name="minimum">Receives the minimum, which may be negative; 0 without <see cref="HasMinimums"/>.</param>
    public void Decode(byte* block, byte* codes, sbyte* subScales, byte* subMinimums, out float scale, out float minimum) =>
        decode(block, new BlockParts(codes, subScales, subMinimums), out scale, out minimum);
}

/// <summary>Where the parts of a block go; see <see cref="BlockFormat.Decode"/>.</summary>
internal readonly unsafe struct BlockParts(byte* codes, sbyte* subScales, byte* subMinimums)
{
    public readonly byte* Codes = codes;
    public readonly sbyte* SubScales = subScales;
    public readonly byte* SubMinimums = subMinimums;
}
