namespace Cambium.Constraints;

/// <summary>A schema or regular expression that cannot be kept to. The message names the part, where it stands, and what would do.</summary>
public sealed class ConstraintException(string message, string? keyword = null, string? path = null) : Exception(message)
{
    /// <summary>The keyword of the schema or the construct of the expression that is at fault, if it is one.</summary>
    public string? Keyword { get; } = keyword;

    /// <summary>Where it stands: a JSON pointer such as <c>#/properties/name</c>, or null.</summary>
    public string? Path { get; } = path;
}
