namespace Cambium.Checkpoints;

/// <summary>The table of <see cref="BlockFormat"/>s.</summary>
internal static unsafe class BlockFormats
{
    /// <summary>All formats, in the order of <see cref="ElementType"/>.</summary>
    public static readonly BlockFormat[] All =
    [
        Single("Q8_0", 8, 34, 8, Linear(8, 128), 128, &SingleScaleBlocks.Q8_0),
        Single("Q4_0", 2, 18, 4, Linear(4, 8), 8, &SingleScaleBlocks.Q4_0),
        Single("Q4_1", 3, 20, 4, Linear(4, 0), 0, &SingleScaleBlocks.Q4_1, hasMinimums: true),
        Single("Q5_0", 6, 22, 5, Linear(5, 16), 16, &SingleScaleBlocks.Q5_0),
        Single("Q5_1", 7, 24, 5, Linear(5, 0), 0, &SingleScaleBlocks.Q5_1, hasMinimums: true),
        Nested("Q2_K", 10, 84, 2, 16, Linear(2, 0), 0, &NestedScaleBlocks.Q2_K, hasMinimums: true),
        Nested("Q3_K", 11, 110, 3, 16, Linear(3, 4), 4, &NestedScaleBlocks.Q3_K),
        Nested("Q4_K", 12, 144, 4, 32, Linear(4, 0), 0, &NestedScaleBlocks.Q4_K, hasMinimums: true),
        Nested("Q5_K", 13, 176, 5, 32, Linear(5, 0), 0, &NestedScaleBlocks.Q5_K, hasMinimums: true),
        Nested("Q6_K", 14, 210, 6, 16, Linear(6, 32), 32, &NestedScaleBlocks.Q6_K),
        Single("IQ4_NL", 20, 18, 4, NonLinear4, null, &SingleScaleBlocks.Q4_0),
        Nested("IQ4_XS", 23, 136, 4, 32, NonLinear4, null, &NestedScaleBlocks.IQ4_XS),
        Single("MXFP4", 39, 17, 4, [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], null, &SingleScaleBlocks.MXFP4),
        new("TQ1_0", 34, 256, 54, 2, 32, false, false, Linear(2, 1), 1, &TernaryBlocks.TQ1_0),
        new("TQ2_0", 35, 256, 66, 2, 32, false, false, Linear(2, 1), 1, &TernaryBlocks.TQ2_0),
        Nested("IQ1_S", 19, 50, 3, 32, GridBlocks.Values1, null, &GridBlocks.IQ1_S),
        Nested("IQ1_M", 29, 56, 3, 16, GridBlocks.Values1, null, &GridBlocks.IQ1_M),
        Nested("IQ2_XXS", 16, 66, 3, 32, GridBlocks.Values2, null, &GridBlocks.IQ2_XXS),
        Nested("IQ2_XS", 17, 74, 3, 16, GridBlocks.Values2, null, &GridBlocks.IQ2_XS),
        Nested("IQ2_S", 22, 82, 3, 16, GridBlocks.Values2, null, &GridBlocks.IQ2_S),
        Nested("IQ3_XXS", 18, 98, 4, 32, GridBlocks.Values3XXS, null, &GridBlocks.IQ3_XXS),
        Nested("IQ3_S", 21, 110, 4, 32, GridBlocks.Values3S, null, &GridBlocks.IQ3_S),
    ];

    // The values of IQ4_NL and IQ4_XS: finer around 0, where weights are dense.
    private static sbyte[] NonLinear4 => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    private static BlockFormat Single(
        string name, uint number, int bytes, int bits, sbyte[] values, int? zeroPoint,
        delegate*<byte*, BlockParts, out float, out float, void> decode, bool hasMinimums = false)
        => new(name, number, 32, bytes, bits, 32, hasMinimums, hasSubScales: false, values, zeroPoint, decode);

    private static BlockFormat Nested(
        string name, uint number, int bytes, int bits, int subInputs, sbyte[] values, int? zeroPoint,
        delegate*<byte*, BlockParts, out float, out float, void> decode, bool hasMinimums = false)
        => new(name, number, 256, bytes, bits, subInputs, hasMinimums, hasSubScales: true, values, zeroPoint, decode);

    private static sbyte[] Linear(int bits, int zeroPoint) => [.. Enumerable.Range(0, 1 << bits).Select(code => (sbyte)(code - zeroPoint))];
}
