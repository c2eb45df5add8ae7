namespace Cambium;

/// <summary>A stack of blocks of one class, each with its own weights, on a property of type <see cref="BlockStack{T}"/>.</summary>
/// <param name="prefix">
/// Prefix of the names of a block's weights with <c>{i}</c> for its index: <c>model.layers.{i}</c>. Alternatives are separated by <c>|</c>.
/// </param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BlocksAttribute(string prefix) : Attribute
{
    public string Prefix { get; } = prefix;

    /// <summary>The number of blocks: a dim of the class or an expression over its dims. Required.</summary>
    public string? Count { get; set; }
}
