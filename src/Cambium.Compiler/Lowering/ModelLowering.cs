using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Turns what the front end read into a graph: calls are inlined, loops over stacks become functions, names become value ids.
/// Every mistake is reported and reading goes on with the next statement.
/// </summary>
public sealed partial class ModelLowering
{
    private const string EntryPoint = "Forward";
    private const string Main = "main";

    private readonly ModelSpec _spec;
    private readonly Dictionary<string, ClassSpec> _classes;
    private readonly List<CompilerDiagnostic> _diagnostics = [];
    private readonly List<Function> _functions = [];
    private readonly SymbolTable _symbols;
    private readonly HashSet<string> _loops = new(StringComparer.Ordinal) { Main };

    private ModelLowering(ModelSpec spec)
    {
        _spec = spec;
        _classes = spec.Blocks.Append(spec.Root).GroupBy(static type => type.TypeName).ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        _symbols = new SymbolTable(Report);
    }

    /// <summary>The graph, or null and the reasons.</summary>
    public static (Module? Module, EquatableArray<CompilerDiagnostic> Diagnostics) Lower(ModelSpec spec)
    {
        var lowering = new ModelLowering(spec);
        var module = lowering.Run();
        var diagnostics = lowering._diagnostics.Distinct().ToEquatableArray();
        return (diagnostics.Count == 0 ? module : null, diagnostics);
    }

    private Module? Run()
    {
        _symbols.Declare(_spec.Root);
        foreach (var block in _spec.Blocks)
            _symbols.Declare(block);

        var entry = _spec.Root.Functions.FirstOrDefault(static function => function.Name == EntryPoint);
        if (entry is null)
            return null;

        var builder = new FunctionBuilder(Main);
        var scope = new Scope(builder, _spec.Root, "", 0);
        foreach (var parameter in entry.Parameters)
        {
            if (parameter.Kind != ParameterKind.Tokens)
                Report(DiagnosticCatalog.NotSupported, $"'{EntryPoint}' takes tokens; '{parameter.Name}' is something else", _spec.Root, entry.Id);
            scope.Locals[parameter.Name] = new TensorOf(builder.Parameter(new TensorType(DType.I32, EquatableArray.Of(Size.Rows))));
        }

        var result = RunBody(scope, entry);
        if (result is not TensorOf { Value: var value })
        {
            if (_diagnostics.Count == 0)
                Report(DiagnosticCatalog.BadResult, $"'{EntryPoint}' must return a tensor", _spec.Root, entry.Id);
            return null;
        }

        if (builder.TypeOf(value) is not { IsRows: true, Rank: 2 })
            Report(DiagnosticCatalog.BadResult, $"'{EntryPoint}' must return rows [T, n] but returns {builder.TypeOf(value)}", _spec.Root, entry.Id);
        _functions.Insert(0, builder.Build([value]));
        return new Module(_spec.Root.Name, _symbols.Dims, _symbols.Options, _symbols.Weights, _functions) 
        {
            Members = [.. Members()],
            Expectations = [.. _spec.Blocks.Prepend(_spec.Root).SelectMany(static type => type.Expectations).Distinct()],
        };
    }

    private IEnumerable<KeyValuePair<string, AttributeValue>> Members()
    {
        foreach (var name in _spec.Root.Dims.Select(static dim => dim.Name).Concat(_spec.Root.Options.Select(static option => option.Name)))
        {
            if (_symbols.SizeOf(_spec.Root, name) is { } size)
                yield return new(name, new SizeValue(size));
            else if (_symbols.OptionOf(_spec.Root, name) is { } option)
                yield return new(name, new SymbolValue(option.Name));
        }
    }

    private sealed class Abandoned : Exception;

    private static string Words(Expression expression) => expression switch
    {
        LocalRef local => local.Name,
        MemberRef member => member.Name,
        PropertyRef property => $"{Words(property.Target)}.{property.Name}",
        Number number => number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        OpCall call => $"{call.Op}(..)",
        BlockCall call => $"{call.Function}(..)",
        _ => "..",
    };

    private void Report(string code, string message, ClassSpec type, int id) => _diagnostics.Add(new CompilerDiagnostic(code, message, type.TypeName, id));

    private Abandoned Wrong(string code, string message, Scope scope, int id)
    {
        Report(code, message, scope.Type, id);
        return new Abandoned();
    }
}
