using System.ComponentModel;

namespace Cambium;

/// <summary>
/// The description of a block or an abstract model, for projects that refer to its assembly and do not have its source. The generator writes and
/// reads it.
/// </summary>
/// <param name="typeName">Full name of the class.</param>
/// <param name="formatVersion">Version of the text's format.</param>
/// <param name="text">The class's declarations and functions.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class BlockSpecAttribute(string typeName, int formatVersion, string text) : Attribute
{
    public string TypeName { get; } = typeName;

    public int FormatVersion { get; } = formatVersion;

    public string Text { get; } = text;
}
