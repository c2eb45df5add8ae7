namespace Cambium.Runtime;

/// <summary>The results of an entry point for one sequence.</summary>
/// <param name="Rows">Rows of each result: one for each token, or a single one for the first or the last token.</param>
/// <param name="Width">Floats in a row of the first result.</param>
/// <param name="Values">[Rows, Width] the first result in row-major order.</param>
public sealed record EncodedSequence(int Rows, int Width, float[] Values)
{
    /// <summary>Every result, in the order of <see cref="EntryPoint.Results"/>.</summary>
    public IReadOnlyList<EncodedResult> Results { get; init; } = [new("logits", Width, Values)];

    /// <summary>One row of the first result.</summary>
    public ReadOnlySpan<float> this[int row] => Values.AsSpan(row * Width, Width);

    /// <summary>A result by its name: <c>logits</c>, or the name of the tuple's element in lower camel case.</summary>
    /// <exception cref="ArgumentException">The entry point has no such result.</exception>
    public EncodedResult this[string name] => Results.FirstOrDefault(result => result.Name == name)
        ?? throw new ArgumentException(
            $"The entry point has no result '{name}'; it has {string.Join(", ", Results.Select(static result => result.Name))}.", nameof(name));
}

/// <summary>One result of an entry point for one sequence.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Width">Floats in a row.</param>
/// <param name="Values">[rows of the sequence, Width] in row-major order.</param>
public sealed record EncodedResult(string Name, int Width, float[] Values)
{
    /// <summary>One row.</summary>
    public ReadOnlySpan<float> this[int row] => Values.AsSpan(row * Width, Width);
}
