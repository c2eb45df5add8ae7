namespace Cambium;

/// <summary>
/// Allowed values of a setting that a class does not read but depends on; for example the activation that its
/// <c>Forward</c> contains. Loading refuses a checkpoint with another value, which would give wrong results.
/// </summary>
/// <param name="path">
/// The path in <c>config.json</c> of a string, a number or a boolean, as in <see cref="DimAttribute"/>. The setting may be absent.
/// </param>
/// <param name="values">The supported values.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class ExpectsAttribute(string path, params string[] values) : Attribute
{
    public string Path { get; } = path;

    public IReadOnlyList<string> Values { get; } = values;
}
