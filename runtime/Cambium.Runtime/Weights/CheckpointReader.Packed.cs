using Cambium.Runtime.Cpu;

namespace Cambium.Runtime.Weights;

public sealed unsafe partial class CheckpointReader
{
    /// <summary>Reads a tensor [out, in] into a part of a packed product, by slices of rows.</summary>
    /// <param name="tensor">Name in the checkpoint.</param>
    /// <param name="shape">Its shape as the program has it.</param>
    /// <exception cref="CheckpointException">The tensor is missing, or its shape or dtype does not fit.</exception>
    public void Read(string tensor, ReadOnlySpan<int> shape, PackedProduct destination, int segment, int part) =>
        Read(tensor, shape, (rows, firstRow) => destination.Pack(segment, part, rows, firstRow));
}
