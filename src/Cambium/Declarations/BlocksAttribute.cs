namespace Cambium;

/// <summary>A stack of equal blocks, each with weights of its own, on a property of type <see cref="BlockStack{T}"/>.</summary>
/// <param name="prefix">What the names of block i's weights begin with, <c>{i}</c> standing for the index: <c>model.layers.{i}</c>. Alternatives are separated by <c>|</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BlocksAttribute(string prefix) : Attribute
{
    public string Prefix { get; } = prefix;

    /// <summary>How many blocks: a dim of the class or an expression over its dims. Required.</summary>
    public string? Count { get; set; }
}
