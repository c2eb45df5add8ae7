using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

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
    private readonly List<FunctionShapes> _shapes = [];
    private ShapeTrace? _trace;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal) { Main };

    private ModelLowering(ModelSpec spec)
    {
        _spec = spec;
        _classes = spec.Blocks.Append(spec.Root).GroupBy(static type => type.TypeName).ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        _symbols = new SymbolTable(_diagnostics.Add);
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

        var entries = new List<EntryInfo>();
        var functions = new List<Function>();
        foreach (var entry in _spec.Entries.Count > 0 ? _spec.Entries : EquatableArray.Of(new EntrySpec(EntryPoint, "All", EquatableArray<string?>.Empty)))
        {
            // The front end reports a missing function.
            if (_spec.Root.Find(static type => type.Functions, function => function.Name == entry.Function) is not var (owner, function) || Lower(entry, owner, function) is not { } lowered)
                continue;
            functions.Add(lowered);
            entries.Add(new EntryInfo(lowered.Name, entry.Function, function.Parameters.Select(static parameter => parameter.Name).ToEquatableArray(), entry.Rows));
        }

        if (functions.Count == 0)
            return null;
        return new Module(_spec.Root.Name, _symbols.Dims, _symbols.Options, _symbols.Weights, [.. functions, .. _functions])
        {
            Entries = entries,
            Shapes = _shapes,
            Members = [.. Members()],
            Expectations = [.. _spec.Blocks.Prepend(_spec.Root).SelectMany(static type => type.Lineage()).SelectMany(static type => type.Expectations).Distinct()],
        };
    }

    private Function? Lower(EntrySpec entry, ClassSpec owner, FunctionSpec function)
    {
        var builder = new FunctionBuilder(function.Name == EntryPoint ? Main : NameOfFunction(function.Name));
        var scope = new Scope(builder, owner, _spec.Root, "", 0);
        for (var i = 0; i < function.Parameters.Count; i++)
        {
            var parameter = function.Parameters[i];
            if (InputType(entry, owner, function, i) is not { } type)
                return null;
            scope.Locals[parameter.Name] = new TensorOf(builder.Parameter(type));
        }

        var mistakes = _diagnostics.Count;
        var result = RunBody(scope, function);
        if (result is not TensorOf { Value: var value })
        {
            // Where nothing is returned, a mistake of a declaration or of the body was met, or C# says so.
            if (result is not null && _diagnostics.Count == mistakes)
                Report(DiagnosticCatalog.BadResult, $"'{function.Name}' must return a tensor", owner, function.Id);
            return null;
        }

        if (builder.TypeOf(value) is not { IsRows: true, Rank: 2 })
            Report(DiagnosticCatalog.BadResult, $"'{function.Name}' must return rows [T, n] but returns {builder.TypeOf(value)}", owner, function.Id);
        return builder.Build([value]);
    }

    private TensorType? InputType(EntrySpec entry, ClassSpec owner, FunctionSpec function, int index)
    {
        var parameter = function.Parameters[index];
        if (parameter.Kind == ParameterKind.Tokens)
            return new TensorType(DType.I32, EquatableArray.Of(Size.Rows));
        if (index == 0 || parameter.Kind != ParameterKind.Tensor || entry.Shapes.Count <= index || entry.Shapes[index] is not { } shape)
        {
            Report(DiagnosticCatalog.NotSupported, index == 0 ? $"'{function.Name}' takes tokens first; '{parameter.Name}' is something else" : $"'{parameter.Name}' of '{function.Name}' needs the shape of its rows: [Shape(\"..\")] Tensor {parameter.Name}", owner, function.Id);
            return null;
        }

        var sizes = SizeParser.SplitList(shape).Select(part => _symbols.ParseSize(owner, part, function.Id)).ToList();
        return sizes.Contains(null) ? null : new TensorType(DType.F32, sizes.Select(static size => size!).Prepend(Size.Rows).ToEquatableArray());
    }

    /// <summary>A name for a function of the graph: the author's word, with a number where it is taken.</summary>
    private string NameOfFunction(string wanted) => UniqueName.Take(wanted, _names.Add);

    private IEnumerable<KeyValuePair<string, AttributeValue>> Members()
    {
        foreach (var (type, name) in _spec.Root.Lineage().Reverse().SelectMany(static type =>
            type.Dims.Select(static dim => dim.Name).Concat(type.Options.Select(static option => option.Name)).Select(name => (type, name))))
        {
            if (_symbols.SizeOf(type, name) is { } size)
                yield return new(name, new SizeValue(size));
            else if (_symbols.OptionOf(type, name) is { } option)
                yield return new(name, new SymbolValue(option.Name));
        }
    }

    private sealed class Abandoned : Exception;

    private static string Words(Expression expression) => expression switch
    {
        LocalRef local => local.Name,
        MemberRef member => member.Name,
        PropertyRef property => $"{Words(property.Target)}.{property.Name}",
        ItemOf item => $"{Words(item.Target)}[{Words(item.Index)}]",
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
