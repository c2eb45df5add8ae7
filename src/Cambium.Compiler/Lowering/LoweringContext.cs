using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>The results of one run of lowering, and the program's symbols and classes.</summary>
internal sealed class LoweringContext
{
    private readonly Dictionary<string, ClassSpec> _classes;
    private readonly HashSet<string> _names;

    /// <param name="main">Name of the first entry's function.</param>
    public LoweringContext(ModelSpec spec, string main, CancellationToken cancellation)
    {
        Cancellation = cancellation;
        Limits = new InliningLimits(this);
        _classes = spec.Blocks.Append(spec.Root).GroupBy(static type => type.TypeName).ToDictionary(
            static group => group.Key,
            static group => group.First(),
            StringComparer.Ordinal);
        _names = new HashSet<string>(StringComparer.Ordinal) { main };
        Symbols = new SymbolTable(Diagnostics.Add);
    }

    public CancellationToken Cancellation { get; }

    public InliningLimits Limits { get; }

    public SymbolTable Symbols { get; }

    public List<CompilerDiagnostic> Diagnostics { get; } = [];

    /// <summary>Bodies of loops.</summary>
    public List<Function> Functions { get; } = [];

    /// <summary>Shapes of the author's functions, for the report.</summary>
    public List<FunctionShapes> Shapes { get; } = [];

    /// <summary>A class of the program by its full name; null for an unknown one.</summary>
    public ClassSpec? Class(string typeName) => _classes.TryGetValue(typeName, out var type) ? type : null;

    /// <summary>A unique name for a function of the graph.</summary>
    public string NameOfFunction(string wanted) => UniqueName.Take(wanted, _names.Add);

    public void Report(string code, string message, ClassSpec type, int id) =>
        Diagnostics.Add(new CompilerDiagnostic(code, message, type.TypeName, id));

    /// <summary>Reports an error. The caller throws the result, which ends the current statement.</summary>
    public StatementFailed Error(string code, string message, Scope scope, int id)
    {
        Report(code, message, scope.Type, id);
        return new StatementFailed();
    }
}

/// <summary>Ends a statement with an error that is already reported. Lowering continues with the next statement.</summary>
internal sealed class StatementFailed : Exception;
