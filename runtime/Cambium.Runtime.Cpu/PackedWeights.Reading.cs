using Cambium.Checkpoints;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime.Cpu;

// Reads tensors of a checkpoint into the panels.
public sealed unsafe partial class PackedWeights
{
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
        var inputs = isTransposed ? shape[0] : shape[1];
        if (inputs != Inputs)
            throw new ArgumentException($"'{tensor}' has {inputs} inputs, and the weights have {Inputs}.", nameof(shape));
        CheckRow(segment, part, 0, count);
        new PackedReading(this, reader, tensor, stored.AsStored(), slice, segment, part, isColumns: isTransposed && !stored.IsTransposed).Run();
    }
}
