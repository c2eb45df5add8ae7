namespace Cambium;

/// <summary>
/// On a class: a part of models with its own weights. On a property of such a class: a block inside a model or another block.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property, Inherited = false)]
public sealed class BlockAttribute : Attribute
{
    /// <summary>Marks a class.</summary>
    public BlockAttribute()
        : this("")
    {
    }

    /// <summary>Marks a property.</summary>
    /// <param name="prefix">
    /// Prefix of the names of the block's weights, without the last dot; empty for none. Alternatives are separated by <c>|</c>.
    /// </param>
    public BlockAttribute(string prefix) => Prefix = prefix;

    public string Prefix { get; }
}
