using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>The role of a property in a class.</summary>
internal enum MemberRole
{
    Dim,
    Option,
    Weight,
    Block,
    Stack,

    /// <summary>Its declaration has an error, which is reported already.</summary>
    Broken,
}

/// <summary>A property that was read.</summary>
internal sealed record Member(MemberRole Role);

/// <summary>The properties of one class, by symbol. Exists only while the class is read.</summary>
internal sealed class MemberTable
{
    private readonly Dictionary<ISymbol, Member> _members = new(SymbolEqualityComparer.Default);

    public void Add(IPropertySymbol property, MemberRole role) => _members[property] = new Member(role);

    public Member? Find(IPropertySymbol property) =>
        _members.TryGetValue(property.PartialDefinitionPart ?? property, out var member) ? member : null;
}
