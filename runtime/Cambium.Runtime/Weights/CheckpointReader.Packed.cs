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
    /// <param name="group">Where the matrices alternate, as by heads: outputs that follow one another; 0 where all do.</param>
    /// <param name="stride">Outputs from the beginning of one such group to the next.</param>
    /// <exception cref="CheckpointException">The tensor is missing, its shape or dtype does not fit, or it ends before the run.</exception>
    public void Read(string tensor, ReadOnlySpan<int> shape, PackedProduct destination, int segment, int part, int begin, int count, bool isTransposed = false, int group = 0, int stride = 0)
    {
        var run = new Run(begin, count, group == 0 ? count : group, stride);
        CheckRun(tensor, isTransposed ? shape[1] : shape[0], run);
        var stored = Check(tensor, shape);
        if (!isTransposed || stored.IsTransposed)
        {
            var (outputs, inputs) = isTransposed ? (shape[1], shape[0]) : (shape[0], shape[1]);
            ReadRows(tensor, isTransposed ? stored.AsStored() : stored, [outputs, inputs], (rows, firstRow) =>
            {
                for (var done = 0; done < count; done += run.Group)
                {
                    var first = run.Row(done);
                    var (from, to) = (Math.Max(firstRow, first), Math.Min(firstRow + (rows.Length / inputs), first + run.Group));
                    if (from < to)
                        destination.Pack(segment, part, rows[((from - firstRow) * inputs)..((to - firstRow) * inputs)], done + from - first);
                }
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
                    block[(row * height) + k] = whole.Pointer[((long)k * width) + run.Row(first + row)];
            }

            destination.Pack(segment, part, block.AsSpan(0, rows * height), first);
        }
    }

    /// <summary>Reads a run of a vector.</summary>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int}, PackedProduct, int, int, int, int, bool, int, int)"/>
    public void Read(string tensor, ReadOnlySpan<int> shape, float* destination, int begin, int count, int group = 0, int stride = 0)
    {
        var run = new Run(begin, count, group == 0 ? count : group, stride);
        CheckRun(tensor, shape[0], run);
        using var whole = new NativeBuffer(shape[0]);
        Read(tensor, shape, whole.Pointer);
        for (var i = 0; i < count; i++)
            destination[i] = whole.Pointer[run.Row(i)];
    }

    /// <summary>Reads a tensor that others are computed from.</summary>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int}, float*)"/>
    public Parameter Parameter(string tensor, ReadOnlySpan<int> shape)
    {
        var count = 1;
        foreach (var extent in shape)
            count = checked(count * extent);
        var values = new float[count];
        fixed (float* destination = values)
            Read(tensor, shape, destination);
        return new Parameter(shape, values);
    }

    /// <summary>Reads a run of a vector that others are computed from.</summary>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int}, PackedProduct, int, int, int, int, bool, int, int)"/>
    public Parameter Parameter(string tensor, ReadOnlySpan<int> shape, int begin, int count, int group = 0, int stride = 0)
    {
        var values = new float[count];
        fixed (float* destination = values)
            Read(tensor, shape, destination, begin, count, group, stride);
        return new Parameter([count], values);
    }

    private void CheckRun(string tensor, int rows, Run run)
    {
        if (run.Begin < 0 || run.Count <= 0 || run.Group <= 0 || run.Count % run.Group != 0 || (run.Count > run.Group && run.Stride < run.Group) || (long)run.Row(run.Count - 1) >= rows)
        {
            var each = run.Count > run.Group ? $", {run.Group} of each {run.Stride}," : "";
            throw new CheckpointException(Folder, $"tensor '{tensor}'", $"has {rows} outputs, but the model takes {run.Count}{each} from {run.Begin} on", "Correct the sizes in config.json.");
        }
    }

    private readonly record struct Run(int Begin, int Count, int Group, int Stride)
    {
        public int Row(int index) => checked(Begin + (index / Group * Stride) + (index % Group));
    }
}
