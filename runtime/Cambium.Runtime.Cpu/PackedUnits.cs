namespace Cambium.Runtime.Cpu;

/// <summary>Some units of a panel in memory.</summary>
/// <param name="words">The packed codes of the first unit.</param>
/// <param name="next">Bytes from the codes of one unit to those of the next.</param>
/// <param name="share">Bytes of a unit with its share of a block's scales.</param>
/// <param name="scales">[panel] scales of the first group.</param>
/// <param name="minimums">[panel] minimums of the first group, if the layout has minimums.</param>
/// <param name="groupStride">Floats from the scales of one group to those of the next, and from minimums to minimums.</param>
internal readonly unsafe struct PackedUnits(byte* words, nint next, nint share, float* scales, float* minimums, nint groupStride)
{
    public readonly byte* Words = words;
    public readonly nint Next = next;
    public readonly nint Share = share;
    public readonly float* Scales = scales;
    public readonly float* Minimums = minimums;
    public readonly nint GroupStride = groupStride;
}
