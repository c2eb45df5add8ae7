namespace Cambium;

/// <summary>
/// What a class takes for granted of a setting that it does not read, for example the activation that its <c>Forward</c> spells out. A checkpoint
/// whose <c>config.json</c> says otherwise is refused when it is loaded, instead of giving wrong numbers.
/// </summary>
/// <param name="path">Where <c>config.json</c> has the setting, a string, a number, or <c>true</c> or <c>false</c>: a dotted path, alternatives separated by <c>|</c>. Absent is fine.</param>
/// <param name="values">The values that the class is right for.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class ExpectsAttribute(string path, params string[] values) : Attribute
{
    public string Path { get; } = path;

    public IReadOnlyList<string> Values { get; } = values;
}
