namespace Cambium.Structure.Tests;

/// <summary>A name in one source file that is declared in another one.</summary>
/// <param name="From">The file that uses the name, relative to the repository, with forward slashes.</param>
/// <param name="Line">The line of the use, from 1.</param>
/// <param name="Symbol">The type or member.</param>
/// <param name="To">The file that declares it.</param>
internal sealed record SourceReference(string From, int Line, string Symbol, string To)
{
    public override string ToString() => $"{From}({Line}) uses {Symbol} of {To}";
}
