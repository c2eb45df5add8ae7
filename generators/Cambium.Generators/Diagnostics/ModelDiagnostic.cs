using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Spec;

namespace Cambium.Generators.Diagnostics;

/// <summary>
/// An error in a class, by the id of an expression or declaration instead of a position, so that it stays equal when the source moves.
/// </summary>
/// <param name="Code">The descriptor's id.</param>
/// <param name="Id">An id of the class.</param>
/// <param name="Arguments">Values for the descriptor's message.</param>
/// <param name="Missing">An undefined name that a code fix can declare or correct; or null.</param>
internal sealed record ModelDiagnostic(string Code, int Id, EquatableArray<string> Arguments, MissingName? Missing = null);

/// <summary>A diagnostic with the full name of its class.</summary>
internal sealed record ClassDiagnostic(string TypeName, ModelDiagnostic Diagnostic)
{
    public static EquatableArray<ClassDiagnostic> Of(IEnumerable<CompilerDiagnostic> diagnostics) =>
        diagnostics.Select(static diagnostic => new ClassDiagnostic(
            diagnostic.TypeName,
            new ModelDiagnostic(diagnostic.Code, diagnostic.Id, EquatableArray.Of(diagnostic.Message.Split('\n')), diagnostic.Missing)))
            .ToEquatableArray();
}
