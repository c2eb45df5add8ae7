namespace Cambium;

/// <summary>A tensor of the checkpoint, on a property of type <see cref="Tensor"/>.</summary>
/// <param name="path">Its name in the checkpoint; in a block, what follows the block's prefix. Alternatives are separated by <c>|</c>, for exporters that call it differently.</param>
/// <param name="shape">Expressions over the class's dims, separated by commas: <c>Heads * HeadDim, Hidden</c>. Linear weights are [out, in].</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WeightAttribute(string path, string shape) : Attribute
{
    public string Path { get; } = path;

    public string Shape { get; } = shape;

    /// <summary>A <c>bool</c> option of the class. Where it is false the weight is absent from the checkpoint and reads as zeros.</summary>
    public string? When { get; set; }

    /// <summary>The checkpoint has the matrix as [in, out] where the shape here says [out, in].</summary>
    public bool Transposed { get; set; }

    /// <summary>Another weight of the class that serves instead of this one; one packed copy serves both.</summary>
    public string? TiedTo { get; set; }

    /// <summary>The path in <c>config.json</c> of the bool that decides whether the weight is tied; without it a weight with <see cref="TiedTo"/> always is.</summary>
    public string? TiedWhen { get; set; }
}
