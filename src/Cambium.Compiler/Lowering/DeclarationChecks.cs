using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>Checks the declarations of one class, whether or not a model uses them: names and size expressions in its attributes.</summary>
public static class DeclarationChecks
{
    public static EquatableArray<CompilerDiagnostic> Run(ClassSpec spec)
    {
        // An unresolved base class has unknown members, so names cannot be checked.
        if (spec.Lineage().Last().Base is not null)
            return EquatableArray<CompilerDiagnostic>.Empty;

        var found = new List<CompilerDiagnostic>();
        var symbols = new SymbolTable(found.Add);
        symbols.Declare(spec);
        foreach (var weight in spec.Weights)
            symbols.DeclareWeight(spec, weight, "");
        foreach (var child in spec.Children)
        {
            if (child.Count is { } count)
                symbols.ParseSize(spec, count, child.Id);
        }

        // Errors in a base class are reported there.
        return found.Where(diagnostic => diagnostic.TypeName == spec.TypeName).Distinct().ToEquatableArray();
    }
}
