using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Turns a model's spec into a graph: calls are inlined, loops over stacks become functions, names become value ids.
/// After an error it continues with the next statement, so one run reports every independent error.
/// </summary>
public sealed class ModelLowering
{
    private const string EntryPoint = "Forward";
    private const string Main = "main";

    private readonly ModelSpec _spec;
    private readonly LoweringContext _context;
    private readonly FunctionLowering _bodies;

    private ModelLowering(ModelSpec spec, CancellationToken cancellation)
    {
        _spec = spec;
        _context = new LoweringContext(spec, Main, cancellation);
        _bodies = new FunctionLowering(_context);
    }

    /// <summary>The graph; or null and the errors.</summary>
    public static (Module? Module, EquatableArray<CompilerDiagnostic> Diagnostics) Lower(ModelSpec spec, CancellationToken cancellation = default)
    {
        var lowering = new ModelLowering(spec, cancellation);
        var module = lowering.Run();
        var diagnostics = lowering._context.Diagnostics.Distinct().ToEquatableArray();
        return (diagnostics.Count == 0 ? module : null, diagnostics);
    }

    private Module? Run()
    {
        _context.Symbols.Declare(_spec.Root);
        foreach (var block in _spec.Blocks)
            _context.Symbols.Declare(block);

        var entries = new List<EntryInfo>();
        var functions = new List<Function>();
        foreach (var entry in _spec.Entries.Count > 0
            ? _spec.Entries
            : EquatableArray.Of(new EntrySpec(EntryPoint, "All", EquatableArray<string?>.Empty)))
        {
            // The generator reports a missing method.
            if (_spec.Root.Find(static type => type.Functions, function => function.Name == entry.Function) is not var (owner, function)
                || Lower(entry, owner, function) is not { } lowered)
                continue;
            functions.Add(lowered);
            var info = new EntryInfo(lowered.Name, entry.Function,
                function.Parameters.Select(static parameter => parameter.Name).ToEquatableArray(), entry.Rows);
            entries.Add(
                entry.Results.Count == 0
                    ? info
                    : info with { Results = OrderOf(entry).Select(index => EntrySpec.ResultName(entry.Results[index])).ToEquatableArray() });
        }

        if (functions.Count == 0)
            return null;
        return ExactDivisions.Mark(new Module(_spec.Root.Name, _context.Symbols.Dims, _context.Symbols.Options, _context.Symbols.Weights,
            [.. functions, .. _context.Functions])
        {
            Entries = entries,
            Shapes = _context.Shapes,
            Members = [.. Members()],
            Expectations = [.. _spec.Blocks.Prepend(_spec.Root).SelectMany(static type => type.Lineage())
                .SelectMany(static type => type.Expectations).Distinct()],
        });
    }

    private Function? Lower(EntrySpec entry, ClassSpec owner, FunctionSpec function)
    {
        var builder = new FunctionBuilder(function.Name == EntryPoint ? Main : _context.NameOfFunction(function.Name));
        var scope = new Scope(builder, owner, _spec.Root, "", Owners.Of(_spec.Root.TypeName));
        for (var i = 0; i < function.Parameters.Count; i++)
        {
            if (InputType(entry, owner, function, i) is not { } type)
                return null;
            scope.Locals[function.Parameters[i].Name] = new TensorItem(builder.Parameter(type));
        }

        var errors = _context.Diagnostics.Count;
        Item? result;
        try
        {
            _context.Limits.Begin(_spec.Root, owner, function);
            result = _bodies.Run(scope, function);
        }
        catch (ProgramTooLarge failure)
        {
            _context.Diagnostics.Add(failure.Diagnostic);
            return null;
        }

        if (entry.Results.Count > 0)
            return result is TupleItem tuple && _context.Diagnostics.Count == errors ? Build(scope, entry, tuple, owner, function) : null;
        if (result is not TensorItem { Value: var value })
        {
            // Without a result an error was reported before, or the C# compiler reports one.
            if (result is not null && _context.Diagnostics.Count == errors)
                _context.Report(DiagnosticCodes.BadResult, $"'{function.Name}' must return a tensor", owner, function.Id);
            return null;
        }

        if (builder.TypeOf(value) is not { IsRows: true, Rank: 2 })
            _context.Report(DiagnosticCodes.BadResult,
                $"'{function.Name}' must return rows [T, n] but returns {builder.TypeOf(value)}", owner, function.Id);
        return builder.Build([value]);
    }

    private Function? Build(Scope scope, EntrySpec entry, TupleItem tuple, ClassSpec owner, FunctionSpec function)
    {
        var errors = _context.Diagnostics.Count;
        for (var i = 0; i < entry.Results.Count; i++)
        {
            if (tuple.Values[i] is not TensorItem { Value: var value } || scope.Builder.TypeOf(value) is not { IsRows: true, Rank: 2 })
                _context.Report(DiagnosticCodes.BadResult,
                    $"'{entry.Results[i]}' of '{function.Name}' must be rows [T, n] but is {tuple.Values[i].Describe(scope)}", owner, function.Id);
        }

        return _context.Diagnostics.Count == errors
            ? scope.Builder.Build([.. OrderOf(entry).Select(index => ((TensorItem)tuple.Values[index]).Value)])
            : null;
    }

    /// <summary>The results of an entry point in the order of the graph: an engine samples from the first one, so logits come first.</summary>
    private static IEnumerable<int> OrderOf(EntrySpec entry) =>
        Enumerable.Range(0, entry.Results.Count).OrderBy(index => EntrySpec.ResultName(entry.Results[index]) == EntryInfo.Logits ? 0 : 1);

    private TensorType? InputType(EntrySpec entry, ClassSpec owner, FunctionSpec function, int index)
    {
        var parameter = function.Parameters[index];
        if (parameter.Kind == ParameterKind.Tokens)
            return new TensorType(DType.I32, EquatableArray.Of(Size.Rows));
        if (index == 0 || parameter.Kind != ParameterKind.Tensor || entry.Shapes.Count <= index || entry.Shapes[index] is not { } shape)
        {
            _context.Report(
                DiagnosticCodes.NotSupported,
                index == 0
                    ? $"the first parameter of '{function.Name}' must be Tokens, but '{parameter.Name}' is not"
                    : $"'{parameter.Name}' of '{function.Name}' needs the shape of its rows: [Shape(\"..\")] Tensor {parameter.Name}",
                owner,
                function.Id);
            return null;
        }

        var sizes = SizeParser.SplitList(shape).Select(part => _context.Symbols.ParseSize(owner, part, function.Id)).ToList();
        return sizes.Contains(null) ? null : new TensorType(DType.F32, sizes.Select(static size => size!).Prepend(Size.Rows).ToEquatableArray());
    }

    private IEnumerable<KeyValuePair<string, AttributeValue>> Members()
    {
        foreach (var (type, name) in _spec.Root.Lineage().Reverse().SelectMany(static type =>
            type.Dims.Select(static dim => dim.Name).Concat(type.Options.Select(static option => option.Name)).Select(name => (type, name))))
        {
            if (_context.Symbols.SizeOf(type, name) is { } size)
                yield return new(name, new SizeValue(size));
            else if (_context.Symbols.OptionOf(type, name) is { } option)
                yield return new(name, new SymbolValue(option.Name));
        }
    }
}
