using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>The contents of a loaded prefix.</summary>
/// <param name="Common">Of every request.</param>
/// <param name="Attributes">Of those that choose a value.</param>
internal sealed record LoadedParts(IReadOnlyList<NodeContent> Common, IReadOnlyList<LoadedAttribute> Attributes)
{
    /// <summary>Finds a value.</summary>
    /// <param name="prefix">Name of the prefix, for messages.</param>
    /// <param name="choice">A value, or <c>attribute=value</c>.</param>
    public (int Attribute, LoadedValue Value) Find(string prefix, string choice)
    {
        var (attribute, value) = choice.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals
            ? (choice[..equals], choice[(equals + 1)..]) : (null, choice);
        var found = new List<(int Attribute, LoadedValue Value)>();
        for (var i = 0; i < Attributes.Count; i++)
        {
            if (attribute is null || Attributes[i].Name.Equals(attribute, StringComparison.OrdinalIgnoreCase))
                found.AddRange(Attributes[i].Values.Where(one => one.Name.Equals(value, StringComparison.OrdinalIgnoreCase)).Select(one => (i, one)));
        }

        // Names that differ in case only are told apart by their case.
        var exact = found.Count > 1 ? found.Where(one => one.Value.Name == value).ToList() : found;
        return exact.Count == 1 ? exact[0] : throw new ArgumentException(
            Attributes.Count == 0 ? $"'{prefix}' has no attributes, so that '{choice}' cannot be chosen; use the prefix itself."
            : exact.Count == 0 ? $"'{prefix}' has no value '{choice}'; it has {this}."
            : $"'{choice}' is a value of several attributes of '{prefix}'; write attribute=value: it has {this}.");
    }

    /// <summary>The attributes with their values.</summary>
    public override string ToString() => string.Join("; ", Attributes.Select(
        static attribute => $"{attribute.Name}: {string.Join(", ", attribute.Values.Select(static value => value.Name))}"));
}

/// <summary>An attribute of a loaded prefix.</summary>
internal sealed record LoadedAttribute(string Name, IReadOnlyList<LoadedValue> Values);

/// <summary>A value of an attribute.</summary>
internal sealed record LoadedValue(string Name, IReadOnlyList<NodeContent> Contents);
