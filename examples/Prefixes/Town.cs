namespace Prefixes;

/// <summary>The values of the attribute <c>town</c>.</summary>
internal enum Town
{
    North,
    South,
}
