using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>The kind of an error.</summary>
internal enum ErrorKind
{
    /// <summary>Sizes that do not match.</summary>
    Shape,

    /// <summary>An attribute contains an undefined name.</summary>
    Name,

    /// <summary>Slices and head counts for which no valid sizes were found. Unless they are constant, only loading shows this.</summary>
    Range,

    /// <summary>An argument has the wrong kind for its operation.</summary>
    Argument,

    /// <summary>A statement, an expression or a call that is not supported in a model.</summary>
    Construct,

    /// <summary>An invalid declaration of an attribute, a property, a method or a class.</summary>
    Declaration,
}

/// <summary>The position of an error.</summary>
internal sealed record Failure(SyntaxNode Node, ErrorKind What, string Why)
{
    public override string ToString() => $"{What} at `{Node}`: {Why}";
}

/// <summary>The result for a project: valid, invalid at these positions, or dependent on the sizes.</summary>
internal sealed record Verdict(bool Depends, IReadOnlyList<Failure> Failures)
{
    public bool IsValid => !Depends && Failures.Count == 0;

    public bool IsInvalid => !Depends && Failures.Count > 0;

    public override string ToString() => Depends ? "valid for some sizes" : IsValid ? "valid" : string.Join("; ", Failures);
}
