namespace Cambium;

/// <summary>
/// A value of <c>config.json</c> that is not a size, on a property of type <c>int</c>, <c>float</c>, <c>bool</c>, <c>string</c>, an enum, an array of
/// one of these, or <see cref="Rotary"/>.
/// </summary>
/// <remarks>
/// An array is a list in the config with a value for each block of a stack: <c>LayerTypes[Layer]</c>. Loading refuses a list that is shorter than
/// the stack. The members of an enum are the values that the config can have, see <see cref="ConfigNameAttribute"/>; loading refuses other values.
/// </remarks>
/// <param name="path">
/// As in <see cref="DimAttribute"/>. A <see cref="Rotary"/> needs a path only if the model has several: the path of a number, the base without
/// scaling, or of a group of settings (<c>rope_parameters.sliding_attention|rope_local_base_freq</c>). If the config contains neither, the settings
/// of the only <see cref="Rotary"/> are used.
/// </param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string path = "") : Attribute
{
    public string Path { get; } = path;

    /// <summary>
    /// The value if the config does not contain the path: of the property's type, or for an array one value for all blocks. For a
    /// <see cref="Rotary"/>: the dim expression of the head size, required. A number or a boolean that is null in the config is 0 or false, not the
    /// default: null turns the setting off, as in <c>sliding_window: null</c>. For other types null is the same as absent.
    /// </summary>
    public object? Default { get; set; }
}
