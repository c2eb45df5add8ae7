namespace Cambium.Compiler.Diagnostics;

/// <summary>An error in a model class that the compiler found.</summary>
/// <param name="Code">For example <c>CMB101</c>.</param>
/// <param name="Message">One or two sentences with the names that the author wrote.</param>
/// <param name="TypeName">Full name of the class that contains the declaration or operation.</param>
/// <param name="Id">The declaration's or operation's id in that class.</param>
public sealed record CompilerDiagnostic(string Code, string Message, string TypeName, int Id)
{
    /// <summary>The undefined name, if the error is one; or null.</summary>
    public MissingName? Missing { get; init; }
}

/// <summary>The kind of declaration that an undefined name needs.</summary>
public enum MissingRole
{
    Dim,
    Weight,
    BoolOption,
}

/// <summary>A name in an attribute that the class does not declare.</summary>
public sealed record MissingName(string Name, MissingRole Role);
