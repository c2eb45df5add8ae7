using Cambium.Checkpoints;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Loading;

/// <summary>A slice of a tensor's outputs, in groups at equal distances.</summary>
/// <param name="Begin">First output.</param>
/// <param name="Count">Outputs of the slice.</param>
/// <param name="Group">Consecutive outputs of one group.</param>
/// <param name="Stride">Outputs from the beginning of one group to the next.</param>
internal readonly record struct OutputSlice(int Begin, int Count, int Group, int Stride)
{
    /// <summary>The tensor's output at an index of the slice.</summary>
    public int Row(int index) => Begin + (index / Group * Stride) + (index % Group);

    /// <summary>The output of the last index; below the tensor's number of outputs where <see cref="Row"/> is used.</summary>
    public long Last => Begin + ((long)((Count - 1) / Group) * Stride) + ((Count - 1) % Group);
}

// Reads slices of tensors that hold several matrices or vectors.
public sealed unsafe partial class CheckpointReader
{
    /// <summary>Reads a slice of a vector.</summary>
    /// <param name="tensor">Name in the checkpoint.</param>
    /// <param name="shape">Its shape in the program.</param>
    /// <param name="destination">[count]</param>
    /// <param name="begin">First element.</param>
    /// <param name="count">Elements to read.</param>
    /// <param name="group">Consecutive elements of one part where parts alternate; 0 where the slice is contiguous.</param>
    /// <param name="stride">Elements from the beginning of one such group to the next.</param>
    /// <exception cref="CheckpointException">The tensor is missing, its shape or dtype does not fit, or it ends before the slice.</exception>
    public void Read(string tensor, ReadOnlySpan<int> shape, Span<float> destination, int begin, int count, int group = 0, int stride = 0)
    {
        var slice = new OutputSlice(begin, count, group == 0 ? count : group, stride);
        CheckSlice(tensor, shape[0], slice);
        if (destination.Length != count)
            throw new ArgumentException(
                $"The slice of '{tensor}' has {count} elements, and the destination takes {destination.Length}.", nameof(destination));
        using var whole = Allocate(shape[0]);
        Read(tensor, shape, new Span<float>(whole.Pointer, shape[0]));
        for (var i = 0; i < count; i++)
            destination[i] = whole.Pointer[slice.Row(i)];
    }

    /// <exception cref="CheckpointException">The tensor ends before the slice.</exception>
    internal void CheckSlice(string tensor, int rows, OutputSlice slice)
    {
        if (slice.Begin < 0 || slice.Count <= 0 || slice.Group <= 0
            || slice.Count % slice.Group != 0 || (slice.Count > slice.Group && slice.Stride < slice.Group)
            || slice.Last >= rows)
        {
            var each = slice.Count > slice.Group ? $", {slice.Group} of each {slice.Stride}," : "";
            throw new CheckpointException(
                Folder, $"tensor '{tensor}'", $"has {rows} outputs, but the model takes {slice.Count}{each} from {slice.Begin} on",
                    "Correct the sizes in config.json.");
        }
    }
}
