using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>The values that a schema excludes with <c>not</c>: <c>{"not":{"enum":[..]}}</c> or <c>{"not":{"const":..}}</c>.</summary>
internal sealed class DeniedValues
{
    // Lists and objects are compared with each other, which takes the product of their counts.
    private const int MaxComparisons = 1_000_000;

    private readonly IReadOnlyList<JsonElement> _values;
    private readonly Lazy<HashSet<string>> _strings;
    private readonly Lazy<HashSet<decimal>> _numbers;
    private readonly Lazy<JsonElement[]> _compound;
    private int _comparisons;

    private DeniedValues(IReadOnlyList<JsonElement> values)
    {
        _values = values;
        _strings = new(() => [.. Strings]);
        _numbers = new(() => [.. Numbers]);
        _compound = new(() => [.. _values.Where(static value => value.ValueKind is JsonValueKind.Array or JsonValueKind.Object)]);
    }

    public IReadOnlyList<string> Strings =>
        [.. _values.Where(static value => value.ValueKind == JsonValueKind.String).Select(static value => value.GetString()!)];

    /// <summary>Ascending.</summary>
    public IReadOnlyList<decimal> Numbers =>
    [
        .. _values.Where(static value => value.ValueKind == JsonValueKind.Number).Select(static value => SchemaReader.Decimal(value)!.Value)
            .Distinct().Order(),
    ];

    /// <summary>The values of a schema; none without the keyword.</summary>
    /// <exception cref="ConstraintException">The keyword excludes anything else than values.</exception>
    public static DeniedValues Of(JsonElement schema, SchemaPath path)
    {
        if (!schema.TryGetProperty("not", out var not))
            return new DeniedValues([]);
        if (not.ValueKind != JsonValueKind.Object || not.EnumerateObject().ToArray() is not [{ Name: "enum" or "const" } only])
        {
            throw new ConstraintException(
                $"The keyword 'not' is {SchemaReader.Shorten(not)} at {path}; "
                    + "supported in schemas that constrain output is 'not' of an 'enum' or a 'const'.",
                "not", path.ToString());
        }

        IReadOnlyList<JsonElement> values = only.Name == "enum" ? SchemaReader.List(only.Value, path, "not") : [only.Value];
        // Also refuses numbers of more digits than can be compared.
        foreach (var value in values)
            SchemaReader.TypeOf(value, path);
        return new DeniedValues(values);
    }

    /// <param name="value">A value, whose numbers have at most 28 digits.</param>
    /// <param name="path">The place of the keyword.</param>
    /// <exception cref="ConstraintException">There are too many lists and objects to compare.</exception>
    public bool Contains(JsonElement value, SchemaPath path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return _strings.Value.Contains(value.GetString()!);
            case JsonValueKind.Number:
                return _numbers.Value.Contains(SchemaReader.Decimal(value)!.Value);
            case JsonValueKind.Array or JsonValueKind.Object:
                if ((_comparisons += _compound.Value.Length) > MaxComparisons)
                    throw SchemaReader.Error(path, "not", $"excludes lists and objects, and more than {MaxComparisons} comparisons are needed");
                return Array.Exists(_compound.Value, denied => JsonElement.DeepEquals(denied, value));
            default:
                return Contains(value.ValueKind);
        }
    }

    /// <summary>Whether a value has one of these types.</summary>
    public bool HasAny(JsonTypes types, SchemaPath path) => _values.Any(value => (SchemaReader.TypeOf(value, path) & types) != 0);

    /// <summary>Whether <c>null</c>, <c>true</c> or <c>false</c> is excluded.</summary>
    public bool Contains(JsonValueKind kind) => _values.Any(value => value.ValueKind == kind);
}
