using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Weights;

public sealed unsafe partial class CheckpointReader
{
    /// <summary>Reads a tensor [out, in] into a part of a packed product, by slices of rows.</summary>
    /// <param name="tensor">Name in the checkpoint.</param>
    /// <param name="shape">Its shape as the program has it.</param>
    /// <exception cref="CheckpointException">The tensor is missing, or its shape or dtype does not fit.</exception>
    public void Read(string tensor, ReadOnlySpan<int> shape, PackedProduct destination, int segment, int part) =>
        Read(tensor, shape, (rows, firstRow) => destination.Pack(segment, part, rows, firstRow));

    /// <summary>Reads a tensor that the checkpoint keeps as [in, out].</summary>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int}, PackedProduct, int, int)"/>
    public void Read(string tensor, ReadOnlySpan<int> shape, PackedProduct destination, int segment, int part, bool isTransposed) =>
        Read(tensor, shape, destination, segment, part, 0, isTransposed ? shape[1] : shape[0], isTransposed);

    /// <summary>Reads a run of the outputs of a tensor that holds several matrices.</summary>
    /// <param name="begin">First output.</param>
    /// <param name="count">Outputs to read.</param>
    /// <param name="isTransposed">The checkpoint has [in, out].</param>
    /// <exception cref="CheckpointException">The tensor is missing, its shape or dtype does not fit, or it ends before the run.</exception>
    public void Read(string tensor, ReadOnlySpan<int> shape, PackedProduct destination, int segment, int part, int begin, int count, bool isTransposed = false)
    {
        CheckRun(tensor, isTransposed ? shape[1] : shape[0], begin, count);
        if (!isTransposed)
        {
            var inputs = shape[1];
            Read(tensor, shape, (rows, firstRow) =>
            {
                var (from, to) = (Math.Max(firstRow, begin), Math.Min(firstRow + (rows.Length / inputs), begin + count));
                if (from < to)
                    destination.Pack(segment, part, rows[((from - firstRow) * inputs)..((to - firstRow) * inputs)], from - begin);
            });
            return;
        }

        // The rows that are wanted are columns here, so the whole matrix has to be there before the first of them is.
        using var whole = new NativeBuffer((long)shape[0] * shape[1]);
        Read(tensor, shape, whole.Pointer);
        var (height, width) = (shape[0], shape[1]);
        var block = new float[32 * height];
        for (var first = 0; first < count; first += 32)
        {
            var rows = Math.Min(32, count - first);
            for (var k = 0; k < height; k++)
            {
                for (var row = 0; row < rows; row++)
                    block[(row * height) + k] = whole.Pointer[((long)k * width) + begin + first + row];
            }

            destination.Pack(segment, part, block.AsSpan(0, rows * height), first);
        }
    }

    /// <summary>Reads a run of a vector.</summary>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int}, PackedProduct, int, int, int, int, bool)"/>
    public void Read(string tensor, ReadOnlySpan<int> shape, float* destination, int begin, int count)
    {
        CheckRun(tensor, shape[0], begin, count);
        using var whole = new NativeBuffer(shape[0]);
        Read(tensor, shape, whole.Pointer);
        new ReadOnlySpan<float>(whole.Pointer + begin, count).CopyTo(new Span<float>(destination, count));
    }

    private void CheckRun(string tensor, int rows, int begin, int count)
    {
        if (begin < 0 || count < 0 || (long)begin + count > rows)
            throw new CheckpointException(Folder, $"tensor '{tensor}'", $"has {rows} outputs, but the model takes {count} from {begin} on", "Correct the sizes in config.json.");
    }
}
