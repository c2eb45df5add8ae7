namespace Cambium;

/// <summary>
/// The shape of a <c>Tensor</c> parameter of an entry point: <c>[Shape("Channels, 3")] Tensor frames</c> is [T, Channels, 3], one row per token.
/// </summary>
/// <param name="row">Dim expressions of a row, separated by commas.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ShapeAttribute(string row) : Attribute
{
    public string Row { get; } = row;
}
