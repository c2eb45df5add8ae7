using Cambium.Compiler.Collections;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler;

/// <summary>What is wrong with the declarations of one class, whether or not a model uses them: names and sizes in the texts of its attributes.</summary>
public static class DeclarationChecks
{
    public static EquatableArray<CompilerDiagnostic> Run(ClassSpec spec)
    {
        // What a base says that is not there is not known.
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

        // Those of its base are reported there.
        return found.Where(mistake => mistake.TypeName == spec.TypeName).Distinct().ToEquatableArray();
    }
}
