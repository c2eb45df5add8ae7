using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>
/// Computes the shape of every expression of a project's models from the source, with numbers for the dims, and reports the expressions without a
/// shape. It follows the documentation of the operations, for sources that C# accepts, and shares no code with the front end, the compiler and the
/// interpreter.
/// </summary>
internal sealed partial class ShapeEvaluator
{
    private readonly Dictionary<string, ClassText> _classes;
    private readonly IReadOnlyDictionary<string, HashSet<string>> _enums;
    private readonly Sizes _sizes;
    private readonly List<Failure> _failures = [];
    private readonly HashSet<MethodDeclarationSyntax> _called = [];

    // Failures that depend on the sizes: slices that are too long, head counts that do not divide.
    private readonly List<Failure> _doubts = [];

    private ShapeEvaluator(IEnumerable<ClassText> classes, IReadOnlyDictionary<string, HashSet<string>> enums, Sizes sizes)
    {
        _enums = enums;
        _classes = classes.GroupBy(static type => type.Name)
            .ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        _sizes = sizes;
    }

    /// <summary>Tries several unrelated sets of sizes. An expression that fails for all of them is an error.</summary>
    public static Verdict Judge(IReadOnlyList<SyntaxNode> files, int seed)
    {
        var classes = files
            .SelectMany(static file => file.DescendantNodes().OfType<ClassDeclarationSyntax>())
            .Select(static syntax => new ClassText(syntax))
            .Where(static type => type.IsModel || type.IsBlock)
            .ToList();
        foreach (var type in classes)
            type.Base = type.BaseName is { } name
                ? classes.FirstOrDefault(other => other.Name == name && (type.IsModel ? other.IsModel && other.IsAbstract : other.IsBlock))
                : null;
        var enums = files.SelectMany(static file => file.DescendantNodes().OfType<EnumDeclarationSyntax>()).GroupBy(static one => one.Identifier.Text)
            .ToDictionary(static group => group.Key,
                static group => group.First().Members.Select(static member => member.Identifier.Text).ToHashSet());
        var runs = Sizes.Different(seed).Select(sizes => Run(classes, enums, sizes)).ToList();
        if (runs.Any(static run => run._failures.Count > 0))
        {
            var always = runs[0]._failures.Where(failure => runs.All(run => run._failures.Any(other => other.Node == failure.Node))).ToList();
            return new Verdict(
                runs.Any(static run => run._failures.Count == 0),
                [.. always.Count > 0 ? always : runs.SelectMany(static run => run._failures), .. Doubts()]);
        }

        return new Verdict(false, Doubts());

        IReadOnlyList<Failure> Doubts()
        {
            List<Failure> doubts = [.. runs[0]._doubts];
            foreach (var run in runs.Skip(1).Concat(Sizes.Special().Select(sizes => Run(classes, enums, sizes))).TakeWhile(_ => doubts.Count > 0))
                doubts.RemoveAll(doubt => run._doubts.All(other => other.Node != doubt.Node));
            return doubts;
        }
    }

    private static ShapeEvaluator Run(IReadOnlyList<ClassText> classes, IReadOnlyDictionary<string, HashSet<string>> enums, Sizes sizes)
    {
        var evaluator = new ShapeEvaluator(classes, enums, sizes);
        foreach (var type in classes)
            evaluator.CheckClass(type);
        foreach (var type in classes.Where(static type => type.IsModel && !type.IsAbstract))
            evaluator.RunModel(type);

        // A method that no model calls has no shapes, but its constructs are checked.
        var known = evaluator._failures.Count;
        foreach (var type in classes)
        {
            foreach (var method in type.Methods.Where(method => ReturnsTensors(method) && !evaluator._called.Contains(method)))
                evaluator.Call(new Scope(type, true, 0), method, []);
        }

        evaluator._failures.RemoveAll(failure => evaluator._failures.IndexOf(failure) >= known && failure.What != ErrorKind.Construct);
        return evaluator;
    }

    private void RunModel(ClassText type)
    {
        var methods = type
            .Lineage()
            .SelectMany(static declaring => declaring.Methods)
            .Where(static method => method.Identifier.Text == "Forward" || IsEntry(method));
        foreach (var method in methods.GroupBy(static method => method.Identifier.Text).Select(static group => group.First()))
        {
            var arguments = method.ParameterList.Parameters.Select(parameter => Input(type, parameter)).ToList();
            if (Call(new Scope(type, false, 0), method, arguments) is var result
                && result is not Value.Tensor { IsRows: true, Axes.Count: 1 }
                && result != Value.Unknown)
                Fail(method, ErrorKind.Shape, $"a result of a model is [T, n], not {result}");
        }
    }

    private static bool IsEntry(MethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(static list => list.Attributes).Any(static attribute => attribute.Name.ToString() == "EntryPoint");

    private Value Input(ClassText type, ParameterSyntax parameter)
    {
        if (parameter.Type?.ToString() == "Tokens")
            return new Value.Tokens();
        var shape = parameter.AttributeLists
            .SelectMany(static list => list.Attributes)
            .FirstOrDefault(static attribute => attribute.Name.ToString() == "Shape");
        return shape is not null && ListOf(type, shape, ClassText.Argument(shape, 0)) is { } axes ? new Value.Tensor(true, axes) : Value.Unknown;
    }

    private Value Fail(SyntaxNode node, ErrorKind what, string why)
    {
        if (_failures.All(known => known.Node != node))
            _failures.Add(new Failure(node, what, why));
        return Value.Unknown;
    }

    private void Doubt(SyntaxNode node, string why)
    {
        if (_doubts.All(known => known.Node != node))
            _doubts.Add(new Failure(node, ErrorKind.Range, why));
    }

    /// <summary>The names in a body in addition to the members of its class.</summary>
    private sealed record Scope(ClassText Class, bool IsInStack, int Depth, bool IsInLoop = false)
    {
        public Dictionary<string, Value> Locals { get; init; } = new(StringComparer.Ordinal);

        /// <summary>The number of heads of the attention whose lambda is read.</summary>
        public Ratio? Heads { get; init; }

        /// <summary>The returned values and their statements.</summary>
        public List<(StatementSyntax? Statement, Value Value)> Results { get; init; } = [];

        public Scope Branch() => this with { Locals = new(Locals, StringComparer.Ordinal) };
    }
}
