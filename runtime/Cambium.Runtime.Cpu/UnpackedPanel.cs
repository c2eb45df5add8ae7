namespace Cambium.Runtime.Cpu;

/// <summary>
/// Scratch memory for units of a panel: a plane of bytes <c>[units, 8 quads, panel, 4]</c> with the low bits of codes, another with the high bits,
/// and the scales and minimums of groups. It is small enough for the L1 cache.
/// </summary>
internal unsafe struct UnpackedPanel
{
    /// <summary>Most units that are unpacked together.</summary>
    public const int MaxUnits = ByteRows.Depth / QuantizedLayout.Unit;

    // Sub-scales change at most twice in a unit.
    private const int MaxGroups = 2 * MaxUnits;

    public UnpackedPanel(byte* memory, int panel)
    {
        Low = memory;
        High = Low + (MaxUnits * UnitBytes(panel));
        Products = (float*)(High + (MaxUnits * UnitBytes(panel)));
    }

    /// <summary>Bytes with the low bits of codes.</summary>
    public byte* Low { get; }

    /// <summary>Bytes with the high bits of codes.</summary>
    public byte* High { get; }

    /// <summary>Room for products of scales and sub-scales, and of minimums and sub-minimums.</summary>
    public float* Products { get; }

    /// <summary>[panel] scales of the first group; in the packed weights if they have no sub-scales.</summary>
    public float* Scales { get; set; }

    /// <summary>[panel] minimums of the first group, if the layout has minimums.</summary>
    public float* Minimums { get; set; }

    /// <summary>Floats from the scales of one group to those of the next, and from minimums to minimums.</summary>
    public nint GroupStride { get; set; }

    /// <summary>Bytes of one unit in a plane.</summary>
    public static int UnitBytes(int panel) => QuantizedLayout.Unit * panel;

    /// <summary>Bytes of the whole.</summary>
    public static long Bytes(int panel) => (2 * MaxUnits * UnitBytes(panel)) + (2 * MaxGroups * panel * sizeof(float));
}
