namespace Cambium.Compiler.Ops;

/// <summary>An op's cell for reverse mode. Differentiation is not implemented, so the cell says only which ops will need a rule.</summary>
public abstract record OpGradient
{
    /// <summary>A rule is possible and missing.</summary>
    public static OpGradient NotYet { get; } = new Missing();

    /// <summary>The op has no gradient.</summary>
    /// <param name="reason">The reason, for example that the op is piecewise constant.</param>
    public static OpGradient None(string reason) => new Absent(reason);

    public sealed record Missing : OpGradient;

    public sealed record Absent(string Reason) : OpGradient;
}
