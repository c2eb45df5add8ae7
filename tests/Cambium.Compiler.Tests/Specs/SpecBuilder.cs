using Cambium.Compiler.Collections;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Tests.Specs;

/// <summary>
/// Builds the description of a class, like a front end. Every declaration and operation gets an id of its own. The returned expressions have
/// these ids, so a test can name the expression of a diagnostic.
/// </summary>
public sealed class SpecBuilder(string name)
{
    private readonly List<DimSpec> _dims = [];
    private readonly List<OptionSpec> _options = [];
    private readonly List<WeightSpec> _weights = [];
    private readonly List<ChildSpec> _children = [];
    private readonly List<FunctionSpec> _functions = [];
    private int _next = 1;

    public string TypeName => "Tests." + name;

    public SpecBuilder Dim(string name, string? path, string? fallback = null)
    {
        _dims.Add(new DimSpec(NextId(), name, path, fallback));
        return this;
    }

    public SpecBuilder Option(string name, OptionKind kind, string path, string? fallback = null)
    {
        _options.Add(new OptionSpec(NextId(), name, kind, path, fallback));
        return this;
    }

    public SpecBuilder Weight(string name, string path, string shape, string? when = null, string? tiedTo = null, string? tiedWhen = null)
    {
        _weights.Add(new WeightSpec(NextId(), name, path, shape, when, tiedTo, tiedWhen));
        return this;
    }

    /// <summary>A block, or a stack of blocks if there is a count.</summary>
    public SpecBuilder Child(string name, string prefix, SpecBuilder block, string? count = null)
    {
        _children.Add(new ChildSpec(NextId(), name, prefix, block.TypeName, count));
        return this;
    }

    public SpecBuilder Forward(Action<BodyBuilder> write) => Function("Forward", [("tokens", ParameterKind.Tokens)], write);

    public SpecBuilder Function(string name, IReadOnlyList<(string Name, ParameterKind Kind)> parameters, Action<BodyBuilder> write)
    {
        int id = NextId();
        var body = new BodyBuilder(this, parameters.Select(static parameter => parameter.Name));
        write(body);
        _functions.Add(
            new FunctionSpec(id, name, parameters.Select(static parameter => new ParameterSpec(parameter.Name, parameter.Kind)).ToEquatableArray(),
                body.Statements.ToEquatableArray()));
        return this;
    }

    /// <summary>The id of a declaration.</summary>
    public int IdOf(string member) =>
        _dims.Select(static dim => (dim.Name, dim.Id))
            .Concat(_options.Select(static option => (option.Name, option.Id)))
            .Concat(_weights.Select(static weight => (weight.Name, weight.Id)))
            .Concat(_children.Select(static child => (child.Name, child.Id)))
            .Concat(_functions.Select(static function => (function.Name, function.Id)))
            .First(pair => pair.Name == member).Id;

    public ClassSpec BuildClass() =>
        new(
            TypeName,
            name,
            _dims.ToEquatableArray(),
            _options.ToEquatableArray(),
            _weights.ToEquatableArray(),
            _children.ToEquatableArray(),
            _functions.ToEquatableArray());

    public ModelSpec Build(params SpecBuilder[] blocks) => new(
        "Tests",
        "public",
        EquatableArray.Of(name + "ForCausalLM"),
        BuildClass(),
        blocks.Select(static block => block.BuildClass()).OrderBy(static block => block.TypeName, StringComparer.Ordinal).ToEquatableArray());

    internal int NextId() => _next++;
}

/// <summary>Builds the body of a function.</summary>
public sealed class BodyBuilder
{
    private readonly SpecBuilder _owner;
    private readonly HashSet<string> _locals;

    internal BodyBuilder(SpecBuilder owner, IEnumerable<string> locals) => (_owner, _locals) = (owner, [.. locals]);

    internal List<Statement> Statements { get; } = [];

    /// <summary>The local of that name if it exists, else the member.</summary>
    public Expression this[string name] => _locals.Contains(name) ? new LocalRef(_owner.NextId(), name) : new MemberRef(_owner.NextId(), name);

    public Expression Int(int value) => new Number(_owner.NextId(), value, IsInteger: true);

    public Expression Float(double value) => new Number(_owner.NextId(), value, IsInteger: false);

    public Expression True() => new Truth(_owner.NextId(), true);

    public Expression Tuple(params Expression[] items) => new TupleOf(_owner.NextId(), items.ToEquatableArray());

    public Expression Local(string name) => new LocalRef(_owner.NextId(), name);

    /// <summary>A call of an operation with arguments by position. Omitted ones are null.</summary>
    public Expression Op(string method, params Expression?[] arguments)
    {
        var parameters = OpCatalog.FindMethod(method)?.Parameters;
        var given = arguments
            .Select((argument, i) => (Name: parameters is { } known && i < known.Count ? known[i].Name : $"argument{i}", Value: argument))
            .Where(static argument => argument.Value is not null)
            .Select(static argument => new Argument(argument.Name, argument.Value!));
        return new OpCall(_owner.NextId(), method, given.ToEquatableArray());
    }

    public Expression Reshape(Expression x, params Expression[] trailing) => Op("Reshape", x, Tuple(trailing));

    /// <summary>A lambda <c>(s, at) => body</c>. The body gets the score and the properties of <c>at</c>.</summary>
    public Expression Score(Func<Expression, Func<string, Expression>, Expression> body)
    {
        var score = new LocalRef(_owner.NextId(), "s");
        return new LambdaOf(
            _owner.NextId(),
            EquatableArray.Of("s", "at"),
            body(score, property => new PropertyRef(_owner.NextId(), new LocalRef(_owner.NextId(), "at"), property)));
    }

    public Expression Visible(Func<Func<string, Expression>, Expression> body) =>
        new LambdaOf(
            _owner.NextId(),
            EquatableArray.Of("at"),
            body(property => new PropertyRef(_owner.NextId(), new LocalRef(_owner.NextId(), "at"), property)));

    /// <summary>An element of a parameter inside a score.</summary>
    public Expression LookUp(Expression table, Expression index, Expression column) =>
        new OpCall(
            _owner.NextId(),
            "Gather",
            EquatableArray.Of(new Argument("table", table), new Argument("tokens", index), new Argument("column", column)));

    /// <summary>A call of a function of this class, or of a block.</summary>
    public Expression Call(string? block, string function, params Expression[] arguments) =>
        new BlockCall(_owner.NextId(), block is null ? null : this[block], function, arguments.ToEquatableArray());

    public BodyBuilder Set(string local, Expression value)
    {
        Statements.Add(new Assign(_owner.NextId(), EquatableArray.Of(local), value));
        _locals.Add(local);
        return this;
    }

    public BodyBuilder SetAll(IReadOnlyList<string> locals, Expression value)
    {
        Statements.Add(new Assign(_owner.NextId(), locals.ToEquatableArray(), value));
        _locals.UnionWith(locals);
        return this;
    }

    public BodyBuilder ForEach(string variable, string stack, Action<BodyBuilder> write)
    {
        int id = _owner.NextId();
        var body = new BodyBuilder(_owner, _locals.Append(variable));
        write(body);
        Statements.Add(new ForEach(id, variable, stack, body.Statements.ToEquatableArray()));
        return this;
    }

    public BodyBuilder Return(Expression value)
    {
        Statements.Add(new Return(_owner.NextId(), value));
        return this;
    }
}
