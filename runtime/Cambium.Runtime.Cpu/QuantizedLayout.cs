using System.Runtime.CompilerServices;
using Cambium.Checkpoints;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// The arrangement of one quantized weight type in panels. A weight is <c>scale * sub-scale * (code - zero)</c>, or
/// <c>scale * sub-scale * code - minimum * sub-minimum</c>, or takes a value from a table in place of its code. A panel is a list of blocks: the
/// codes of all outputs, then their scales, minimums, sub-scales and sub-minimums. Codes lie in bit planes of 4, 2 or 1 bits. A 32-bit word of a lane
/// holds codes of one output: its byte j has codes of the inputs 4q + j, the first quad q in the lowest bits. So one shift and one mask give a quad:
/// the four bytes that an integer product multiplies and adds in one instruction.
/// </summary>
internal sealed unsafe class QuantizedLayout
{
    /// <summary>Inputs that are unpacked together: the scale of the other operand changes after as many.</summary>
    public const int Unit = 32;

    /// <summary>Quads of a unit.</summary>
    public const int Quads = Unit / 4;

    private const int MaxUnitsOfBlock = UnpackedPanel.MaxUnits;

    private readonly byte[]? _lowValues;
    private readonly byte[]? _highValues;

    /// <param name="bits">Bits of a code: 2, 3, 4, 5, 6 or 8.</param>
    /// <param name="zero">The code of the value 0.</param>
    /// <param name="block">Inputs that share a scale: 32, or 256 with sub-scales.</param>
    /// <param name="group">Inputs that share a sub-scale: 16 or 32.</param>
    /// <param name="hasMinimum">Whether a minimum is subtracted; <paramref name="zero"/> is 0 then.</param>
    /// <param name="hasSubScales">Whether groups of a block have sub-scales.</param>
    /// <param name="values">The values of codes that are indices of a table of up to 16.</param>
    public QuantizedLayout(
        int bits, int zero, int block = Unit, int group = Unit, bool hasMinimum = false, bool hasSubScales = false,
        ReadOnlySpan<sbyte> values = default)
    {
        // Indices of a table are looked up by bytes, and take 4 bits even where 8 values need only 3.
        bits = values.IsEmpty ? bits : 4;
        (Bits, Block, Group, HasMinimum, HasSubScales) = (bits, block, group, hasMinimum, hasSubScales);
        LowBits = bits >= 4 ? 4 : 2;
        Zero = zero;
        if (values.IsEmpty)
        {
            HasHigh = bits > LowBits;
            return;
        }

        Zero = -values[0];
        foreach (var value in values)
            Zero = Math.Max(Zero, -value);
        (_lowValues, _highValues) = (new byte[16], new byte[16]);
        for (var code = 0; code < values.Length; code++)
        {
            var value = values[code] + Zero;
            (_lowValues[code], _highValues[code]) = ((byte)(value & 15), (byte)(value >> 4));
            HasHigh |= value > 15;
        }
    }

    /// <summary>The layout of the blocks of a file.</summary>
    public static QuantizedLayout Of(BlockFormat blocks) => new(
        blocks.CodeBits, blocks.ZeroPoint ?? 0, blocks.Inputs, blocks.SubInputs, blocks.HasMinimums, blocks.HasSubScales,
        blocks.ZeroPoint is null ? blocks.Values : default);

    /// <summary>Bits of a code in memory.</summary>
    public int Bits { get; }

    /// <summary>Bits of the low plane.</summary>
    public int LowBits { get; }

    /// <summary>Bits of the high plane; 0 without one.</summary>
    public int HighBits => HasTable ? (HasHigh ? LowBits : 0) : Bits - LowBits;

    /// <summary>Whether codes are indices of a table.</summary>
    public bool HasTable => _lowValues is not null;

    /// <summary>The code of the value 0. Products subtract it from unpacked codes, exactly.</summary>
    public int Zero { get; }

    /// <summary>Inputs of a block.</summary>
    public int Block { get; }

    /// <summary>Inputs that share a sub-scale.</summary>
    public int Group { get; }

    /// <summary>Whether a block has minimums.</summary>
    public bool HasMinimum { get; }

    /// <summary>Whether unpacked codes have a second plane, of weight 2^<see cref="LowBits"/>.</summary>
    public bool HasHigh { get; }

    private bool HasSubScales { get; }

    private int GroupsPerBlock => Block / Group;

    /// <summary>Bytes of a panel.</summary>
    /// <param name="inputs">Inputs; padded to whole blocks.</param>
    /// <param name="panel">Outputs of a panel.</param>
    public long PanelBytes(int inputs, int panel) => (inputs + Block - 1L) / Block * BlockBytes(panel);

    /// <summary>Bytes of one output of a block, its share of scales included.</summary>
    private int BlockBytes(int panel) =>
        panel * ((Block * Bits / 8) + (HasMinimum ? 8 : 4) + (HasSubScales ? GroupsPerBlock * (HasMinimum ? 2 : 1) : 0));

    /// <summary>The first byte of a block of a panel.</summary>
    /// <param name="start">The panel.</param>
    /// <param name="panel">Outputs of a panel.</param>
    /// <param name="block">Index of the block.</param>
    public byte* BlockAt(byte* start, int panel, int block) => start + ((nint)block * BlockBytes(panel));

    /// <summary>Packs one block of one output.</summary>
    /// <param name="at">The block of all outputs.</param>
    /// <param name="panel">Outputs of a panel.</param>
    /// <param name="lane">The output.</param>
    /// <param name="codes">[block] codes in the order of inputs.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="minimum">The minimum, if the type has one.</param>
    /// <param name="subScales">[groups] if the type has sub-scales.</param>
    /// <param name="subMinimums">[groups] if the type has sub-scales and minimums.</param>
    public void Pack(
        byte* at, int panel, int lane, byte* codes, float scale, float minimum, sbyte* subScales, byte* subMinimums)
    {
        for (var unit = 0; unit < Block / Unit; unit++, codes += Unit)
        {
            var words = (uint*)at + lane;
            PackPlane(words, panel, codes, LowBits, 0);
            if (Bits > LowBits)
                PackPlane(words + (LowBits * panel), panel, codes, Bits - LowBits, LowBits);
            at += Bits * sizeof(uint) * panel;
        }

        ((float*)at)[lane] = scale;
        at += panel * sizeof(float);
        if (HasMinimum)
        {
            ((float*)at)[lane] = minimum;
            at += panel * sizeof(float);
        }

        if (!HasSubScales)
            return;
        for (var g = 0; g < GroupsPerBlock; g++)
        {
            at[(g * panel) + lane] = (byte)subScales[g];
            if (HasMinimum)
                at[((GroupsPerBlock + g) * panel) + lane] = subMinimums[g];
        }
    }

    /// <summary>
    /// Unpacks units of a panel: bytes for products, and f32 scales and minimums. Only <see cref="ByteRow"/> reads packed codes without this.
    /// </summary>
    /// <param name="start">The panel.</param>
    /// <param name="first">Index of the first unit, a multiple of 8.</param>
    /// <param name="units">Units; at most 8.</param>
    /// <param name="target">Receives them.</param>
    public void Unpack<V>(byte* start, int first, int units, ref UnpackedPanel target)
        where V : unmanaged, ILanes<V>
    {
        var packed = FactorsOf<V>(start, first, units, target.Products);
        target.Scales = packed.Scales;
        target.Minimums = packed.Minimums;
        target.GroupStride = packed.GroupStride;
        var words = packed.Words;
        var next = packed.Next;
        if (_lowValues is not null)
        {
            fixed (byte* lowValues = _lowValues, highValues = _highValues)
                UnpackTable<V>(words, next, units, lowValues, highValues, target.Low, target.High);
        }
        else
        {
            UnpackPlane<V>(words, next, units, LowBits, target.Low);
            if (HasHigh)
                UnpackPlane<V>(words + (LowBits * sizeof(uint) * 2 * V.Count), next, units, Bits - LowBits, target.High);
        }
    }

    /// <summary>Finds units of a panel, and multiplies their scales by sub-scales.</summary>
    /// <param name="start">The panel.</param>
    /// <param name="first">Index of the first unit, a multiple of 8.</param>
    /// <param name="units">Units; at most 8.</param>
    /// <param name="products">Room for scales and minimums of groups.</param>
    public PackedUnits FactorsOf<V>(byte* start, int first, int units, float* products)
        where V : unmanaged, ILanes<V>
    {
        // All units are of one block, or each of them is a block, so that they lie at equal distances.
        var panel = 2 * V.Count;
        var blockBytes = BlockBytes(panel);
        var unitBytes = Bits * sizeof(uint) * panel;
        var isBlock = Block == Unit;
        var words = start + (isBlock ? (nint)first * blockBytes : (nint)(first / MaxUnitsOfBlock) * blockBytes);
        var factors = (float*)(words + (isBlock ? unitBytes : (nint)MaxUnitsOfBlock * unitBytes));
        var share = blockBytes / (Block / Unit);
        if (!HasSubScales)
            return new(words, isBlock ? blockBytes : unitBytes, share, factors, factors + panel, isBlock ? blockBytes / sizeof(float) : 0);
        var groups = units * Unit / Group;
        var sub = (sbyte*)(factors + ((HasMinimum ? 2 : 1) * panel));
        var minimums = products + (groups * panel);
        MultiplySub<V>(factors, sub, groups, products);
        if (HasMinimum)
            MultiplySub<V>(factors + panel, sub + (GroupsPerBlock * panel), groups, minimums);
        return new(words, isBlock ? blockBytes : unitBytes, share, products, minimums, panel);
    }

    /// <summary>The mask or the table of a plane, in a register.</summary>
    public V PlaneConstant<V>(bool isHigh)
        where V : unmanaged, ILanes<V>
    {
        if ((isHigh ? _highValues : _lowValues) is not { } values)
            return V.BroadcastBytes((byte)((1 << (isHigh ? Bits - LowBits : LowBits)) - 1));
        fixed (byte* table = values)
            return V.LoadTable(table);
    }

    /// <summary>Widens unpacked units to f32: products of a code and its scale are rounded once, and the difference from a minimum again.</summary>
    /// <param name="unpacked">The units.</param>
    /// <param name="depth">Inputs; the last unit may have fewer.</param>
    /// <param name="target">[depth, panel] receives the weights.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Widen<V>(in UnpackedPanel unpacked, int depth, float* target)
        where V : unmanaged, ILanes<V>
    {
        var panel = 2 * V.Count;
        var zero = V.Broadcast(Zero);
        for (var lane = 0; lane < panel; lane += V.Count)
        {
            for (var k = 0; k < depth; k += 4)
            {
                var quad = V.Load((float*)(unpacked.Low + ((nint)k * panel)) + lane);
                if (HasHigh)
                    quad = V.JoinPlanes(quad, V.Load((float*)(unpacked.High + ((nint)k * panel)) + lane), LowBits);
                var group = k / Group * unpacked.GroupStride;
                var scale = V.Load(unpacked.Scales + group + lane);
                var to = target + ((nint)k * panel) + lane;
                for (var j = 0; j < Math.Min(4, depth - k); j++)
                {
                    var weight = (V.ByteToSingle(quad, j) - zero) * scale;
                    V.Store(HasMinimum ? weight - V.Load(unpacked.Minimums + group + lane) : weight, to + ((nint)j * panel));
                }
            }
        }
    }

    /// <summary>Unpacks the weights of one output.</summary>
    /// <param name="start">The panel.</param>
    /// <param name="panel">Outputs of a panel.</param>
    /// <param name="lane">The output.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="target">[inputs]</param>
    public void CopyRow(byte* start, int panel, int lane, int inputs, float* target)
    {
        var blockBytes = BlockBytes(panel);
        for (var k = 0; k < inputs; k++)
        {
            var block = start + ((nint)(k / Block) * blockBytes);
            var unit = block + ((nint)(k % Block / Unit) * Bits * sizeof(uint) * panel);
            var code = CodeAt(unit, panel, lane, k % Unit, LowBits);
            if (_lowValues is not null)
                code = _lowValues[code] | (_highValues![code] << 4);
            else if (HasHigh)
                code |= CodeAt(unit + (LowBits * sizeof(uint) * panel), panel, lane, k % Unit, Bits - LowBits) << LowBits;
            var factors = (float*)(block + ((nint)Block * Bits / 8 * panel));
            var sub = (sbyte*)(factors + ((HasMinimum ? 2 : 1) * panel)) + (k % Block / Group * panel) + lane;
            var weight = (code - Zero) * (HasSubScales ? factors[lane] * *sub : factors[lane]);
            if (HasMinimum)
                weight -= HasSubScales ? factors[panel + lane] * sub[GroupsPerBlock * panel] : factors[panel + lane];
            target[k] = weight;
        }
    }

    private static int CodeAt(byte* plane, int panel, int lane, int input, int bits)
    {
        var (word, shift) = Math.DivRem(input / 4 * bits, 8);
        return (plane[(((word * panel) + lane) * 4) + (input % 4)] >> shift) & ((1 << bits) - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackPlane(uint* words, nint panel, byte* codes, int bits, int shift)
    {
        if (bits == 4)
        {
            words[0] = TwoQuads(codes, shift);
            words[panel] = TwoQuads(codes + 8, shift);
            words[2 * panel] = TwoQuads(codes + 16, shift);
            words[3 * panel] = TwoQuads(codes + 24, shift);
            return;
        }

        var mask = 0x01010101u * (byte)((1 << bits) - 1);
        for (var word = 0; word < bits; word++)
        {
            var packed = 0u;
            for (var place = 0; place < 8; place += bits, codes += 4)
                packed |= ((Unsafe.ReadUnaligned<uint>(codes) >> shift) & mask) << place;
            words[word * panel] = packed;
        }
    }

    // Two quads of codes of 4 bits as a word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint TwoQuads(byte* codes, int shift)
    {
        var quads = (Unsafe.ReadUnaligned<ulong>(codes) >> shift) & 0x0F0F0F0F_0F0F0F0F;
        return (uint)(quads | (quads >> 28));
    }

    private static void MultiplySub<V>(float* factor, sbyte* sub, int groups, float* target)
        where V : unmanaged, ILanes<V>
    {
        V low = V.Load(factor), high = V.Load(factor + V.Count);
        for (var end = target + (groups * 2 * V.Count); target != end; target += 2 * V.Count, sub += 2 * V.Count)
        {
            V.Store(low * V.LoadInt8(sub), target);
            V.Store(high * V.LoadInt8(sub + V.Count), target + V.Count);
        }
    }

    private static void UnpackPlane<V>(byte* words, nint next, int units, int bits, byte* target)
        where V : unmanaged, ILanes<V>
    {
        switch (bits)
        {
            case 4:
                UnpackPlane4<V>(words, next, units, target);
                break;
            case 2:
                UnpackPlane2<V>(words, next, units, target);
                break;
            default:
                UnpackPlane1<V>(words, next, units, target);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackPlane4<V>(byte* words, nint next, int units, byte* target)
        where V : unmanaged, ILanes<V>
    {
        int register = 4 * V.Count, quad = 8 * V.Count;
        var mask = V.BroadcastBytes(0x0F);
        for (; units > 0; units--, words += next - (4 * quad))
        {
            for (var end = words + (4 * quad); words != end; words += quad, target += 2 * quad)
            {
                V low = V.Load((float*)words), high = V.Load((float*)(words + register));
                V.Store(V.And(low, mask), (float*)target);
                V.Store(V.And(high, mask), (float*)(target + register));
                V.Store(V.And(V.ShiftRight(low, 4), mask), (float*)(target + quad));
                V.Store(V.And(V.ShiftRight(high, 4), mask), (float*)(target + quad + register));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackPlane2<V>(byte* words, nint next, int units, byte* target)
        where V : unmanaged, ILanes<V>
    {
        int register = 4 * V.Count, quad = 8 * V.Count;
        var mask = V.BroadcastBytes(0x03);
        for (; units > 0; units--, words += next - (2 * quad))
        {
            for (var end = words + (2 * quad); words != end; words += quad, target += 4 * quad)
            {
                V low = V.Load((float*)words), high = V.Load((float*)(words + register));
                V.Store(V.And(low, mask), (float*)target);
                V.Store(V.And(high, mask), (float*)(target + register));
                V.Store(V.And(V.ShiftRight(low, 2), mask), (float*)(target + quad));
                V.Store(V.And(V.ShiftRight(high, 2), mask), (float*)(target + quad + register));
                V.Store(V.And(V.ShiftRight(low, 4), mask), (float*)(target + (2 * quad)));
                V.Store(V.And(V.ShiftRight(high, 4), mask), (float*)(target + (2 * quad) + register));
                V.Store(V.And(V.ShiftRight(low, 6), mask), (float*)(target + (3 * quad)));
                V.Store(V.And(V.ShiftRight(high, 6), mask), (float*)(target + (3 * quad) + register));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackPlane1<V>(byte* words, nint next, int units, byte* target)
        where V : unmanaged, ILanes<V>
    {
        int register = 4 * V.Count, quad = 8 * V.Count;
        var mask = V.BroadcastBytes(0x01);
        for (; units > 0; units--, words += next - quad)
        {
            for (var end = words + quad; words != end; words += register, target += register)
            {
                var bits = V.Load((float*)words);
                V.Store(V.And(bits, mask), (float*)target);
                V.Store(V.And(V.ShiftRight(bits, 1), mask), (float*)(target + quad));
                V.Store(V.And(V.ShiftRight(bits, 2), mask), (float*)(target + (2 * quad)));
                V.Store(V.And(V.ShiftRight(bits, 3), mask), (float*)(target + (3 * quad)));
                V.Store(V.And(V.ShiftRight(bits, 4), mask), (float*)(target + (4 * quad)));
                V.Store(V.And(V.ShiftRight(bits, 5), mask), (float*)(target + (5 * quad)));
                V.Store(V.And(V.ShiftRight(bits, 6), mask), (float*)(target + (6 * quad)));
                V.Store(V.And(V.ShiftRight(bits, 7), mask), (float*)(target + (7 * quad)));
            }

            target += 7 * quad;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackTable<V>(byte* words, nint next, int units, byte* lowValues, byte* highValues, byte* low, byte* high)
        where V : unmanaged, ILanes<V>
    {
        int register = 4 * V.Count, quad = 8 * V.Count;
        var mask = V.BroadcastBytes(0x0F);
        V lowTable = V.LoadTable(lowValues), highTable = V.LoadTable(highValues);
        for (; units > 0; units--, words += next - (4 * quad))
        {
            for (var word = 0; word < 4; word++, low += quad, high += quad)
            {
                for (var end = words + quad; words != end; words += register, low += register, high += register)
                {
                    var bits = V.Load((float*)words);
                    var codes = V.And(bits, mask);
                    V.Store(V.LookUp(lowTable, codes), (float*)low);
                    V.Store(V.LookUp(highTable, codes), (float*)high);
                    codes = V.And(V.ShiftRight(bits, 4), mask);
                    V.Store(V.LookUp(lowTable, codes), (float*)(low + quad));
                    V.Store(V.LookUp(highTable, codes), (float*)(high + quad));
                }
            }
        }
    }
}
