using System.ComponentModel;

namespace Cambium;

/// <summary>
/// What a block's class says, for projects that refer to its assembly: they cannot see its text. The generator writes and reads it.
/// </summary>
/// <param name="typeName">Full name of the block's class.</param>
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
