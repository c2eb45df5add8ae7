namespace Cambium;

/// <summary>
/// What <c>config.json</c> may write for a member of an enum that is the type of an option. A member without the attribute is written by its
/// name, whatever the case and the underscores.
/// </summary>
/// <param name="names">The spellings, exactly.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ConfigNameAttribute(params string[] names) : Attribute
{
    public IReadOnlyList<string> Names { get; } = names;
}
