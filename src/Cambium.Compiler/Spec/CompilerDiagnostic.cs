namespace Cambium.Compiler.Spec;

/// <summary>A mistake in a model class, found after the front end.</summary>
/// <param name="Code">For example <c>CMB010</c>.</param>
/// <param name="Message">One or two sentences in the author's own names.</param>
/// <param name="TypeName">Full name of the class whose declaration or operation is meant.</param>
/// <param name="Id">The declaration's or operation's id in that class.</param>
public sealed record CompilerDiagnostic(string Code, string Message, string TypeName, int Id)
{
    /// <summary>The name that stands for nothing where that is the mistake, or null.</summary>
    public MissingName? Missing { get; init; }
}

/// <summary>What a name should have stood for.</summary>
public enum MissingRole
{
    Dim,
    Weight,
    BoolOption,
}

/// <summary>A name in the text of an attribute that the class does not have.</summary>
public sealed record MissingName(string Name, MissingRole Role);
