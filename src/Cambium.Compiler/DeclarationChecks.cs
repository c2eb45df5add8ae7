using Cambium.Compiler.Lowering;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler;

/// <summary>What is wrong with the declarations of one class, whether or not a model uses them: names and sizes in the texts of its attributes.</summary>
public static class DeclarationChecks
{
    public static EquatableArray<CompilerDiagnostic> Run(ClassSpec spec)
    {
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

        return found.Distinct().ToEquatableArray();
    }
}
