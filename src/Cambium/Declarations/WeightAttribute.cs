namespace Cambium;

/// <summary>A tensor of the checkpoint, on a property of type <see cref="Tensor"/>.</summary>
/// <param name="path">Its name in the checkpoint, in a block without the block's prefix. Alternatives are separated by <c>|</c>.</param>
/// <param name="shape">Expressions over the class's dims, separated by commas: <c>Heads * HeadDim, Hidden</c>. Linear weights are [out, in].</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WeightAttribute(string path, string shape) : Attribute
{
    public string Path { get; } = path;

    public string Shape { get; } = shape;

    /// <summary>A <c>bool</c> option of the class. If it is false, the checkpoint does not contain the weight, and it reads as zeros.</summary>
    public string? When { get; set; }

    /// <summary>The checkpoint stores the matrix as [in, out]; the shape here is [out, in].</summary>
    public bool Transposed { get; set; }

    /// <summary>Another weight of the class that is used instead of this one. There is only one packed copy.</summary>
    public string? TiedTo { get; set; }

    /// <summary>
    /// The path in <c>config.json</c> of the boolean that decides whether the weight is tied. Without it, a weight with <see cref="TiedTo"/> is
    /// always tied.
    /// </summary>
    public string? TiedWhen { get; set; }
}
