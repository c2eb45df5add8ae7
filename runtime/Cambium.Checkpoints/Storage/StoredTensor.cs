namespace Cambium.Checkpoints;

/// <summary>A tensor of a checkpoint, with the order of its rows and axes in the file relative to the order that model classes declare.</summary>
/// <param name="File">The file.</param>
/// <param name="Tensor">The file's entry.</param>
/// <param name="PairedRows">
/// Rows of a head if the file interleaves the two halves of each head's rows (rotary pairs adjacent); 0 if rows are in order.
/// </param>
/// <param name="IsTransposed">Whether the file has [out, in] where classes declare [in, out].</param>
internal sealed unsafe record StoredTensor(ITensorFile File, TensorInfo Tensor, int PairedRows = 0, bool IsTransposed = false)
{
    /// <summary>Extents as classes declare them.</summary>
    public IReadOnlyList<long> Shape => IsTransposed ? [.. Tensor.Shape.Reverse()] : Tensor.Shape;

    /// <summary>The same tensor in the orientation of the file.</summary>
    public StoredTensor AsStored() => IsTransposed ? this with { IsTransposed = false } : this;

    /// <summary>Bytes of a row of a matrix as the file stores it: whole blocks.</summary>
    public long RowBytes => Tensor.Bytes / Tensor.Shape[0];

    /// <summary>
    /// The stored bytes of a row of a matrix, in the orientation of the file; interleaved rows are put in order. A row has <see cref="RowBytes"/>
    /// bytes.
    /// </summary>
    /// <param name="row">Index of the row in the order that classes declare.</param>
    public byte* Row(long row) => File.Pointer(Tensor) + ((PairedRows == 0 ? row : StoredRow(row)) * RowBytes);

    /// <summary>Converts a slice of the tensor to f32, in row-major order of the file's shape, with interleaved rows put in order.</summary>
    /// <param name="first">Index of the first element; a multiple of the block size.</param>
    /// <param name="count">Number of elements; a multiple of the block size.</param>
    /// <param name="destination">Receives the elements.</param>
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

    /// <summary>Removes the pages of all bytes from the resident memory of the process.</summary>
    public void Release() => File.Release(File.Pointer(Tensor), Tensor.Bytes);

    private byte* At(long element) => File.Pointer(Tensor) + Tensor.Type.BytesOf(element);

    // Row (half, pair) of a head is row (pair, half) in the file.
    private long StoredRow(long row)
    {
        var (head, at) = Math.DivRem(row, PairedRows);
        var (half, pair) = Math.DivRem(at, PairedRows / 2);
        return (head * PairedRows) + (2 * pair) + half;
    }
}
