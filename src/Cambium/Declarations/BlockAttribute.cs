namespace Cambium;

/// <summary>
/// On a class: a part of models, with weights of its own. On a property of such a class's type: one block inside another or inside a model.
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
    /// <param name="prefix">What the names of the block's weights begin with, without the last dot; empty where they have no prefix. Alternatives are separated by <c>|</c>.</param>
    public BlockAttribute(string prefix) => Prefix = prefix;

    public string Prefix { get; }
}
