namespace Cambium;

/// <summary>A value of <c>config.json</c> other than a size, on a property of type <c>int</c>, <c>float</c>, <c>bool</c>, <c>string</c>, an enum, an array of one of these, or <see cref="Rotary"/>.</summary>
/// <remarks>
/// An array is a list of the config with a value for each block of a stack: <c>LayerTypes[Layer]</c>. A list that is shorter than the stack is refused at
/// load. The members of an enum are what the config may say, see <see cref="ConfigNameAttribute"/>; anything else is refused at load.
/// </remarks>
/// <param name="path">As in <see cref="DimAttribute"/>. A <see cref="Rotary"/> knows every spelling of its settings and needs none, unless the model
/// has several kinds: then it is a number, the base of unscaled positions, or a group (<c>rope_parameters.sliding_attention|rope_local_base_freq</c>). Where the config has neither, the ordinary settings hold.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string path = "") : Attribute
{
    public string Path { get; } = path;

    /// <summary>
    /// The value for configs that do not have the path (or have null there), of the property's type; for an array one value that stands for every block. For a <see cref="Rotary"/>: the dim
    /// expression of the head size, required.
    /// </summary>
    public object? Default { get; set; }
}
