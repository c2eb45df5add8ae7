using System.Reflection;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Tests.Ops;

/// <summary>Every fact about an op is in its record. An empty cell needs a reason here, and a reason needs an empty cell.</summary>
public sealed class OpCatalogTests
{
    private static readonly string[] MadeByTheCompiler =
        ["weight", "scalar", "choose", "expand", "copy", "append_key", "append_value", "select", "tap", "branch", "loop"];

    /// <summary>The reason for an empty cell; null if it must not be empty. A property that is not here is never empty.</summary>
    private static readonly Dictionary<string, Func<OpDefinition, string?>> Cells = new()
    {
        ["Method"] = static op => op.Kind == OpKind.Host ? "authors write the operator of C#"
            : MadeByTheCompiler.Contains(op.Name) ? "lowering and passes make it"
            : null,
        ["Operator"] = static op => op.Kind != OpKind.Host ? "not a host op" : op.Name == "quotient" ? "authors write / on whole numbers" : null,
        ["Shape"] = static op => op.Kind == OpKind.Host ? "its results are scalars"
            : op.Name == "weight" ? "the weight's declaration has the type"
            : op.Kind == OpKind.Control ? "the functions that it runs have the types"
            : null,
        ["Expand"] = static op => op.Kind == OpKind.Composite || op.Name is "linear" or "matmul" or "pow" ? null : "kernels compute it as it is",
        ["Scalar"] = static op => op.Kind == OpKind.Host || (op.Kind == OpKind.Elementwise && op.Name != "copy") ? null
            : op.Name == "copy" ? "a copy is about buffers; its expression is its operand"
            : "works on whole tensors",
        ["AtLoad"] = static op => op.Kind is OpKind.Reduction or OpKind.View or OpKind.Slice or OpKind.MatrixProduct
            || op.Name is "range" or "choose" or "concat" or "transpose" ? null
            : op.Kind is OpKind.Elementwise ? "maps its scalar meaning"
            : op.Kind is OpKind.Source ? "the formula's emitter reads it from the checkpoint or the settings"
            : op.Kind is OpKind.Composite ? "expanded before"
            : "takes rows, so it is not in a formula of parameters",
        ["Reduction"] = static op => op.Kind == OpKind.Reduction ? null : "not a reduction",
    };

    /// <summary>The same for the columns of the scalar meaning.</summary>
    private static readonly Dictionary<string, Func<OpDefinition, string?>> Columns = new()
    {
        ["Lanes"] = static op => op.Kind == OpKind.Host ? "decided before a kernel runs" : null,
        ["Float"] = static op => op.Kind == OpKind.Host ? "its result is a condition or a whole number" : null,
        ["Integer"] = static op => op.Name is "negate" or "add" or "sub" or "mul" or "div" or "choose" or "remainder" or "quotient" ? null
            : op.Kind == OpKind.Host ? "its result is a condition"
            : "its result is a float even for whole numbers",
        ["Condition"] = static op => op.Kind == OpKind.Host && op.Name is not ("remainder" or "quotient") ? null : "its result is a number",
        ["OnIntegers"] = static op => op.Name == "div" ? null : "the op is the same on whole numbers",
        ["Fold"] = static op =>
            op.Name is "negate" or "sqrt" or "rsqrt" or "floor" or "ceiling" or "round" or "exp" or "log" or "add" or "sub" or "mul" or "div"
                || (op.Kind == OpKind.Host && op.Name is not ("remainder" or "quotient")) ? null
            : "evaluated in f32 when a checkpoint is loaded, as kernels do",
        ["Sizes"] = static op => op.Name is "negate" or "add" or "sub" or "mul" or "div" ? null : "its result is not a polynomial",
    };

    public static TheoryData<string> Names => [.. OpCatalog.All.Select(static op => op.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_empty_cell_has_a_reason(string name)
    {
        var op = OpCatalog.Get(name);
        Check(op, op, Cells);
        if (op.Scalar is not null)
            Check(op, op.Scalar, Columns);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_gradient_is_missing_or_has_a_reason_to_be_absent(string name) =>
        Assert.True(OpCatalog.Get(name).Gradient is OpGradient.Missing or OpGradient.Absent { Reason.Length: > 10 });

    [Theory]
    [MemberData(nameof(Names))]
    public void Attributes_have_types_and_defaults_of_their_type(string name)
    {
        foreach (var parameter in OpCatalog.Get(name).Attributes)
        {
            Assert.True(Enum.IsDefined(parameter.Type));
            Assert.True(parameter.Default is null || parameter.Optional);
            if (parameter.Default is { } value)
                Assert.Null(new AttributeChecks(OpCatalog.Get(name), 0, NoDeclarations.Instance).ProblemOf(parameter.Type, value));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_spelling_has_a_place_for_each_argument(string name)
    {
        var op = OpCatalog.Get(name);
        foreach (var spelling in Enum.GetValues<Dialect>().Select(dialect => op.Scalar?[dialect]).OfType<string>())
            Assert.All(Enumerable.Range(0, op.Parameters.Count), i => Assert.Contains($"{{{i}}}", spelling, StringComparison.Ordinal));
    }

    private static void Check(OpDefinition op, object record, Dictionary<string, Func<OpDefinition, string?>> reasons)
    {
        var properties = record.GetType()
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.GetIndexParameters().Length == 0)
            .ToList();
        Assert.All(reasons.Keys, name => Assert.Contains(properties, property => property.Name == name));
        foreach (var property in properties)
        {
            var reason = reasons.TryGetValue(property.Name, out var find) ? find(op) : null;
            Assert.True(
                (property.GetValue(record) is null) == (reason is not null),
                reason is null ? $"'{op.Name}' has no {property.Name} and no reason for that" : $"'{op.Name}' has {property.Name} although {reason}");
        }
    }

    private sealed class NoDeclarations : IDeclarations
    {
        public static NoDeclarations Instance { get; } = new();

        public string? ProblemOf(Size size) => null;

        public (OptionKind Kind, bool IsList)? KindOfOption(string name) => null;

        public bool HasWeight(string name) => false;

        public bool HasFunction(string name) => false;
    }
}
