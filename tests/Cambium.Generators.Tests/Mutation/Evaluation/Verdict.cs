using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>What about a class is wrong.</summary>
internal enum Wrong
{
    /// <summary>Sizes that do not fit one another.</summary>
    Shape,

    /// <summary>A text of an attribute names or says something that is not there.</summary>
    Name,

    /// <summary>Runs and heads that no sizes were found for: only a checkpoint's sizes show it where they are not plain.</summary>
    Range,

    /// <summary>An argument is not of the kind that its operation takes.</summary>
    Argument,

    /// <summary>A statement, an expression or a call that has no meaning in a model.</summary>
    Construct,

    /// <summary>An attribute, a property, a method or a class that cannot be declared so.</summary>
    Declaration,
}

/// <summary>A place where evaluation stopped.</summary>
internal sealed record Failure(SyntaxNode Node, Wrong What, string Why)
{
    public override string ToString() => $"{What} at `{Node}`: {Why}";
}

/// <summary>What the evaluator says of a project: it is right, wrong at these places, or neither of them whatever the sizes are.</summary>
internal sealed record Verdict(bool Depends, IReadOnlyList<Failure> Failures)
{
    public bool IsRight => !Depends && Failures.Count == 0;

    public bool IsWrong => !Depends && Failures.Count > 0;

    public override string ToString() => Depends ? "right for some sizes" : IsRight ? "right" : string.Join("; ", Failures);
}
