using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>The body of a function during lowering: its class, its locals, and the graph function that receives its nodes.</summary>
internal sealed class Scope(FunctionBuilder builder, ClassSpec type, ClassSpec self, string prefix, Owners owners, bool isLoop = false)
{
    public FunctionBuilder Builder { get; } = builder;

    /// <summary>The class that contains the source text.</summary>
    public ClassSpec Type { get; } = type;

    /// <summary>The class of the model or block: <see cref="Type"/>, or one that extends it.</summary>
    public ClassSpec Self { get; } = self;

    /// <summary>Prefix of the weights' names; <c>{i}</c> is the index in a stack.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>The classes of the block and of the blocks around it.</summary>
    public Owners Owners { get; } = owners;

    /// <summary>Whether the graph function is a loop's body.</summary>
    public bool IsLoop => isLoop;

    /// <summary>Shapes of the author's function, for the report.</summary>
    public ShapeTrace? Trace { get; set; }

    public Dictionary<string, Item> Locals { get; } = new(StringComparer.Ordinal);

    /// <summary>Members that the caller passed for parameters that keep their values, for remarks.</summary>
    private IReadOnlyDictionary<string, string> Members { get; init; } = NoMembers;

    private static readonly IReadOnlyDictionary<string, string> NoMembers = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The origin of the nodes of an expression.</summary>
    public Origin OriginOf(Expression expression) => OriginOf(expression, expression.Id);

    /// <summary>The origin of the nodes of an <c>if</c> statement with this condition.</summary>
    public Origin OriginOf(If statement) => OriginOf(statement.Condition, statement.Id, isCondition: true);

    private Origin OriginOf(Expression expression, int id, bool isCondition = false) =>
        new(Type.TypeName, id) { Source = new(Type.TypeName, expression, isCondition, Members) };

    /// <summary>A copy of the locals, for <see cref="Restore"/>.</summary>
    public Dictionary<string, Item> Snapshot() => new(Locals, StringComparer.Ordinal);

    public void Restore(Dictionary<string, Item> locals)
    {
        Locals.Clear();
        foreach (var local in locals)
            Locals[local.Key] = local.Value;
    }

    /// <summary>The body of a function that this one calls.</summary>
    public Scope Inner(ClassSpec type, ClassSpec self, string prefix, Owners owners, BlockCall call, FunctionSpec function) =>
        new(Builder, type, self, prefix, owners, isLoop) { Members = MembersOf(call, function) };

    /// <summary>The body of a loop in this one.</summary>
    public Scope Loop(FunctionBuilder body) => new(body, Type, Self, Prefix, Owners, isLoop: true) { Trace = Trace, Members = Members };

    private Dictionary<string, string> MembersOf(BlockCall call, FunctionSpec function)
    {
        var assigned = new HashSet<string>(Statements.Assigned(function.Body), StringComparer.Ordinal);
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < call.Arguments.Count; i++)
        {
            var member = call.Arguments[i] switch
            {
                MemberRef own => own.Name,
                LocalRef local when Members.TryGetValue(local.Name, out var passed) => passed,
                _ => null,
            };
            if (member is not null && !assigned.Contains(function.Parameters[i].Name))
                members.Add(function.Parameters[i].Name, member);
        }

        return members;
    }

    /// <summary>Records the shapes of a local, a parameter or the result.</summary>
    public void Record(string name, Item? item)
    {
        if (item is TensorItem { Value: var value })
            Trace?.Add(name, Builder.TypeOf(value));
        for (var i = 0; item is TupleItem { Values: var values } && i < values.Count; i++)
            Record($"{name}[{i.ToString(System.Globalization.CultureInfo.InvariantCulture)}]", values[i]);
    }
}
