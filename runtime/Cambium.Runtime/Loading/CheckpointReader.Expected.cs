using Cambium.Checkpoints;

namespace Cambium.Runtime.Loading;

public sealed unsafe partial class CheckpointReader
{
    private readonly SortedDictionary<string, long[]> _expected = new(StringComparer.Ordinal);

    /// <summary>Declares a tensor that will be read. Nothing is checked before <see cref="RequireExpected"/>.</summary>
    /// <param name="tensor">Name in the checkpoint. Several parts of a program may expect the same one.</param>
    /// <param name="shape">The shape that it must have.</param>
    public void Expect(string tensor, ReadOnlySpan<int> shape) =>
        _expected[NameOf(tensor)] = Array.ConvertAll(shape.ToArray(), static extent => (long)extent);

    /// <summary>Compares all expected tensors with the headers of the files.</summary>
    /// <exception cref="CheckpointException">
    /// Tensors are missing, or of another shape or a type that cannot be read. The message lists all of them.
    /// </exception>
    public void RequireExpected()
    {
        var misfits = new CheckpointMismatches(Config.File, Unread());
        foreach (var (name, shape) in _expected)
        {
            if (!_files.Has(name))
                misfits.Missing.Add((name, shape));
            else if (_files.Require(name) is var stored && !stored.Shape.SequenceEqual(shape))
                misfits.Shapes.Add((stored.Tensor with { Name = name, Shape = stored.Shape }, shape));
            else if (!FloatConversion.Supports(stored.Tensor.Type))
                misfits.Types.Add(stored.Tensor with { Name = name });
        }

        // A single mismatch has its own message, which names the file of the tensor.
        if (misfits.Count == 1)
        {
            var names = misfits.Missing.Select(static missing => missing.Name).Concat(misfits.Shapes.Select(static shape => shape.Found.Name));
            var name = names.Concat(misfits.Types.Select(static type => type.Name)).Single();
            Check(name, Array.ConvertAll(_expected[name], static extent => (int)extent));
        }

        if (misfits.Count > 0)
            throw new CheckpointException(Folder, null, misfits.Text);
    }

    // Other implementations save tensors that can be computed, such as the frequencies of rotary positions.
    private IReadOnlyList<string> Unread() => [.. _files.Names.Where(name => !_expected.ContainsKey(name)).Order(StringComparer.Ordinal)];
}
