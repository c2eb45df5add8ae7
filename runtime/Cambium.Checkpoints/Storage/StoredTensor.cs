namespace Cambium.Checkpoints;

/// <summary>A tensor of a checkpoint under the name and in the order that classes know, however its file keeps it.</summary>
/// <param name="File">Where it lies.</param>
/// <param name="Tensor">As the file describes it.</param>
/// <param name="PairedRows">
/// Rows of a head, where the file has the two halves of each head's rows interleaved (the pairs of rotary positions side by side); 0 where rows are in order.
/// </param>
/// <param name="IsTransposed">Whether the file has [out, in] where classes know [in, out].</param>
internal sealed unsafe record StoredTensor(ITensorFile File, TensorInfo Tensor, int PairedRows = 0, bool IsTransposed = false)
{
    /// <summary>Extents as classes know them.</summary>
    public IReadOnlyList<long> Shape => IsTransposed ? [.. Tensor.Shape.Reverse()] : Tensor.Shape;

    /// <summary>The same tensor as its file has it.</summary>
    public StoredTensor AsStored() => IsTransposed ? this with { IsTransposed = false } : this;

    /// <summary>Widens a stretch of the tensor to f32, in row-major order of the file's shape with its rows in order.</summary>
    /// <param name="first">First element; the beginning of a block where the type has blocks.</param>
    /// <param name="count">Elements; whole blocks, too.</param>
    /// <param name="destination">Receives them.</param>
    public void Widen(long first, long count, float* destination)
    {
        if (PairedRows == 0)
        {
            FloatConversion.Widen(Tensor.Type, At(first), destination, count);
            return;
        }

        var width = Tensor.Elements / Tensor.Shape[0];
        for (long done = 0; done < count;)
        {
            var (row, column) = Math.DivRem(first + done, width);
            var part = Math.Min(count - done, width - column);
            FloatConversion.Widen(Tensor.Type, At((StoredRow(row) * width) + column), destination + done, part);
            done += part;
        }
    }

    private byte* At(long element) => File.Pointer(Tensor) + Tensor.Type.BytesOf(element);

    // Row (half, pair) of a head is kept as row (pair, half).
    private long StoredRow(long row)
    {
        var (head, at) = Math.DivRem(row, PairedRows);
        var (half, pair) = Math.DivRem(at, PairedRows / 2);
        return (head * PairedRows) + (2 * pair) + half;
    }
}
