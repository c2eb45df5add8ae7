namespace Cambium.Runtime.Cpu.Quantized;

/// <summary>
/// Scratch memory for units of a panel: a plane of bytes <c>[units, 8 quads, panel, 4]</c> with the low bits of codes, another with the high bits,
/// and the scales and minimums <c>[groups, panel]</c>. It is small enough for the L1 cache.
/// </summary>
internal readonly unsafe struct UnpackedPanel
{
    /// <summary>Most units that are unpacked together.</summary>
    public const int MaxUnits = ByteRows.Depth / QuantizedLayout.Unit;

    // Sub-scales change at most twice in a unit.
    private const int MaxGroups = 2 * MaxUnits;

    public UnpackedPanel(byte* memory, int panel)
    {
        Low = memory;
        High = Low + (MaxUnits * UnitBytes(panel));
        Scales = (float*)(High + (MaxUnits * UnitBytes(panel)));
        Minimums = Scales + (MaxGroups * panel);
    }

    public byte* Low { get; }

    public byte* High { get; }

    public float* Scales { get; }

    public float* Minimums { get; }

    /// <summary>Bytes of one unit in a plane.</summary>
    public static int UnitBytes(int panel) => QuantizedLayout.Unit * panel;

    /// <summary>Bytes of the whole.</summary>
    public static long Bytes(int panel) => (2 * MaxUnits * UnitBytes(panel)) + (2 * MaxGroups * panel * sizeof(float));
}
