using Cambium.Checkpoints;

namespace Cambium.Runtime.Loading;

public sealed unsafe partial class CheckpointReader
{
    // Up to this many layers are compared with the files by name, which gives the better message. More need a tensor each.
    private const int AlwaysCompared = 256;

    private readonly SortedDictionary<string, long[]> _expected = new(StringComparer.Ordinal);

    /// <summary>Refuses a stack with more layers than the files have tensors, before anything is allocated for each layer.</summary>
    /// <param name="layers">The number of layers; each has a tensor of its own.</param>
    /// <param name="size">The expression for it, in the author's names.</param>
    /// <param name="symbols">The names in it, with their values.</param>
    /// <exception cref="CheckpointException">There are fewer tensors than layers.</exception>
    public void RequireLayers(int layers, string size, params ReadOnlySpan<(string Name, long Value)> symbols)
    {
        if (layers > Math.Max(AlwaysCompared, _files.Names.Count))
        {
            throw new CheckpointException(
                Config.File, null,
                $"{size} is {layers}, and the files have {_files.Names.Count} tensors, expected at least one for each layer{Binding.Values(symbols)}",
                "Correct the number of layers; weights and configuration belong to different models.");
        }
    }

    /// <summary>Declares a tensor that will be read. Nothing is checked before <see cref="RequireExpected"/>.</summary>
    /// <param name="tensor">Name in the checkpoint. Several parts of a program may expect the same one.</param>
    /// <param name="shape">The shape that it must have.</param>
    public void Expect(string tensor, ReadOnlySpan<int> shape)
    {
        Cancellation.ThrowIfCancellationRequested();
        _spellings.UnionWith(tensor.Split('|'));
        _expected[NameOf(tensor)] = Array.ConvertAll(shape.ToArray(), static extent => (long)extent);
    }

    /// <summary>Compares all expected tensors with the headers of the files.</summary>
    /// <exception cref="CheckpointException">
    /// Tensors are missing, or of another shape or a type that cannot be read. The message lists all of them.
    /// </exception>
    public void RequireExpected()
    {
        var mismatches = new CheckpointMismatches(Config.File, Unread());
        foreach (var (name, shape) in _expected)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (!_files.Has(name))
                mismatches.Missing.Add((name, shape));
            else if (_files.Require(name) is var stored && !stored.Shape.SequenceEqual(shape))
                mismatches.Shapes.Add((stored.Tensor with { Name = name, Shape = stored.Shape }, shape));
            else if (!FloatConversion.Supports(stored.Tensor.Type))
                mismatches.Types.Add(stored.Tensor with { Name = name });
        }

        // A single mismatch has its own message, which names the file of the tensor.
        if (mismatches.Count == 1)
        {
            var names = mismatches.Missing.Select(static missing => missing.Name).Concat(mismatches.Shapes.Select(static shape => shape.Found.Name));
            var name = names.Concat(mismatches.Types.Select(static type => type.Name)).Single();
            Check(name, Array.ConvertAll(_expected[name], static extent => (int)extent));
        }

        if (mismatches.Count > 0)
            throw new CheckpointException(Folder, null, mismatches.Text);
    }

    // Other implementations save tensors that can be computed, such as the frequencies of rotary positions.
    private IReadOnlyList<string> Unread() => [.. _files.Names.Where(name => !_expected.ContainsKey(name)).Order(StringComparer.Ordinal)];
}
