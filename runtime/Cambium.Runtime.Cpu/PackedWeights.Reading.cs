using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

// Reads tensors of a checkpoint into the panels.
public sealed unsafe partial class PackedWeights
{
    // Floats of the block in which rows of a transposed matrix are gathered.
    private const int TransposedFloats = 4 << 20;

    /// <summary>Reads a tensor [out, in] into a part, by blocks of rows.</summary>
    /// <param name="reader">The open checkpoint.</param>
    /// <param name="tensor">Name in the checkpoint.</param>
    /// <param name="shape">Its shape as the program has it.</param>
    /// <exception cref="CheckpointException">The tensor is missing, or its shape or dtype does not fit.</exception>
    public void Read(CheckpointReader reader, string tensor, ReadOnlySpan<int> shape, int segment, int part) =>
        Read(reader, tensor, shape, segment, part, 0, shape[0]);

    /// <summary>Reads a tensor that the checkpoint may have as [in, out].</summary>
    /// <inheritdoc cref="Read(CheckpointReader, string, ReadOnlySpan{int}, int, int)"/>
    public void Read(CheckpointReader reader, string tensor, ReadOnlySpan<int> shape, int segment, int part, bool isTransposed) =>
        Read(reader, tensor, shape, segment, part, 0, isTransposed ? shape[1] : shape[0], isTransposed);

    /// <summary>Reads a slice of the outputs of a tensor that holds several matrices.</summary>
    /// <param name="begin">First output.</param>
    /// <param name="count">Outputs to read.</param>
    /// <param name="isTransposed">The checkpoint has [in, out].</param>
    /// <param name="group">Consecutive outputs of one matrix where matrices alternate, for example by heads; 0 where the slice is contiguous.</param>
    /// <param name="stride">Outputs from the beginning of one such group to the next.</param>
    /// <exception cref="CheckpointException">
    /// The tensor is missing, its shape or dtype does not fit, or it ends before the slice.
    /// </exception>
    /// <inheritdoc cref="Read(CheckpointReader, string, ReadOnlySpan{int}, int, int)"/>
    public void Read(
        CheckpointReader reader,
        string tensor,
        ReadOnlySpan<int> shape,
        int segment,
        int part,
        int begin,
        int count,
        bool isTransposed = false,
        int group = 0,
        int stride = 0)
    {
        var slice = new OutputSlice(begin, count, group == 0 ? count : group, stride);
        reader.CheckSlice(tensor, isTransposed ? shape[1] : shape[0], slice);
        var stored = reader.Check(tensor, shape);
        if (!isTransposed || stored.IsTransposed)
        {
            var (outputs, inputs) = isTransposed ? (shape[1], shape[0]) : (shape[0], shape[1]);
            if (Storage == WeightStorage.Stored && WeightFormat.Of(stored.Tensor.Type) is { Kind: not WeightKind.F32 } format)
            {
                ReadStored(reader, stored.AsStored(), format, segment, part, slice);
                return;
            }

            reader.ReadRows(tensor, isTransposed ? stored.AsStored() : stored, [outputs, inputs], (rows, firstRow) =>
            {
                for (var done = 0; done < count; done += slice.Group)
                {
                    var first = slice.Row(done);
                    var (from, to) = (Math.Max(firstRow, first), Math.Min(firstRow + (rows.Length / inputs), first + slice.Group));
                    if (from < to)
                        Pack(segment, part, rows[((from - firstRow) * inputs)..((to - firstRow) * inputs)], done + from - first);
                }
            });
            return;
        }

        // The wanted rows are columns here, so the whole matrix must be in memory before the first of them is complete.
        using var whole = reader.ReadWhole(stored);
        var (height, width) = (shape[0], shape[1]);
        var most = Math.Clamp(TransposedFloats / height, 1, 32);
        var block = new float[most * height];
        for (var first = 0; first < count; first += most)
        {
            reader.Cancellation.ThrowIfCancellationRequested();
            var rows = Math.Min(most, count - first);
            for (var k = 0; k < height; k++)
            {
                for (var row = 0; row < rows; row++)
                    block[(row * height) + k] = whole.Pointer[((long)k * width) + slice.Row(first + row)];
            }

            Pack(segment, part, block.AsSpan(0, rows * height), first);
        }
    }

    // Rows keep the bytes of the file.
    private void ReadStored(CheckpointReader reader, StoredTensor stored, WeightFormat format, int segment, int part, OutputSlice slice)
    {
        if (format.Kind == WeightKind.F16)
            reader.RequireFiniteHalves(stored);
        for (var row = 0; row < slice.Count; row++)
        {
            PackStored(segment, part, format, stored.Row(slice.Row(row)), row);
            if (row % 32 == 31 || row + 1 == slice.Count)
                reader.Advance(stored, (row % 32) + 1);
        }
    }
}
