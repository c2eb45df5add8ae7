namespace Cambium.Constraints;

/// <summary>A schema or regular expression is not valid or not supported. The message names the part, its place and a fix.</summary>
public sealed class ConstraintException(string message, string? keyword = null, string? path = null) : Exception(message)
{
    /// <summary>The keyword of the schema or the construct of the expression, if the error is about one.</summary>
    public string? Keyword { get; } = keyword;

    /// <summary>The place: a JSON pointer such as <c>#/properties/name</c>, or null.</summary>
    public string? Path { get; } = path;
}
