namespace Cambium;

/// <summary>A size, on an <c>int</c> property: known when a checkpoint is loaded, and a symbol in shapes until then.</summary>
/// <param name="path">
/// Where <c>config.json</c> has it: dots lead into nested objects, <c>|</c> separates spellings. Without a path the dim is a name for <see cref="Default"/>.
/// An object there counts its entries: <c>num_labels|id2label</c>.
/// </param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DimAttribute(string? path = null) : Attribute
{
    public string? Path { get; } = path;

    /// <summary>An expression over integers and the class's other dims, such as <c>Hidden / Heads</c>, for configs that do not have the path (or have null there).</summary>
    public string? Default { get; set; }
}
