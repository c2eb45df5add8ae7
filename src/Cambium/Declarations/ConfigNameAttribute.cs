namespace Cambium;

/// <summary>
/// The spellings in <c>config.json</c> of an enum member, for options of an enum type. A member without the attribute is spelled as its name;
/// case and underscores do not matter.
/// </summary>
/// <param name="names">The spellings, exactly.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ConfigNameAttribute(params string[] names) : Attribute
{
    public IReadOnlyList<string> Names { get; } = names;
}
