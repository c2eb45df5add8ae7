namespace Cambium;

/// <summary>A size, on an <c>int</c> property. It is a symbol in shapes, and gets its value when a checkpoint is loaded.</summary>
/// <param name="path">
/// The path in <c>config.json</c>: dots separate the levels of nested objects, <c>|</c> separates alternatives. Without a path the dim is a name for
/// <see cref="Default"/>. If the value is an object, the size is the number of its entries: <c>num_labels|id2label</c>.
/// </param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DimAttribute(string? path = null) : Attribute
{
    public string? Path { get; } = path;

    /// <summary>
    /// The value if the config does not contain the path or contains null: an expression over integers and other dims of the class, such as
    /// <c>Hidden / Heads</c>.
    /// </summary>
    public string? Default { get; set; }
}
