namespace Cambium.Compiler.Spec.Serialization;

/// <summary>Every record of the format: its tag, its fields in their order in the text, and its constructor.</summary>
internal static class SpecTable
{
    public static readonly SpecShape<ChoiceSpec> Choice = Record<ChoiceSpec>("choice", static (f, x) => new(
        f.String(x?.Name), f.Strings(x?.Spellings)));

    public static readonly SpecShape<DimSpec> Dim = Record<DimSpec>("dim", static (f, x) => new(
        f.Int(x?.Id), f.String(x?.Name), f.OptionalString(x?.Path), f.OptionalString(x?.Default)));

    public static readonly SpecShape<OptionSpec> Option = Record<OptionSpec>("option", static (f, x) => new(
        f.Int(x?.Id), f.String(x?.Name), f.Enum(x?.Kind), f.String(x?.Path), f.OptionalString(x?.Default))
    {
        IsList = f.Bool(x?.IsList),
        Choices = f.Array(x?.Choices, Choice),
    });

    public static readonly SpecShape<WeightSpec> Weight = Record<WeightSpec>("weight", static (f, x) => new(
        f.Int(x?.Id), f.String(x?.Name), f.String(x?.Path), f.String(x?.Shape),
        f.OptionalString(x?.When), f.OptionalString(x?.TiedTo), f.OptionalString(x?.TiedWhen))
    {
        IsTransposed = f.Bool(x?.IsTransposed),
    });

    public static readonly SpecShape<ChildSpec> Child = Record<ChildSpec>("child", static (f, x) => new(
        f.Int(x?.Id), f.String(x?.Name), f.String(x?.Prefix), f.String(x?.BlockType), f.OptionalString(x?.Count))
    {
        Assembly = f.OptionalString(x?.Assembly),
    });

    public static readonly SpecShape<ExpectationSpec> Expectation = Record<ExpectationSpec>("expects", static (f, x) => new(
        f.String(x?.Path), f.Strings(x?.Values)));

    public static readonly SpecShape<ParameterSpec> Parameter = Record<ParameterSpec>("parameter", static (f, x) => new(
        f.String(x?.Name), f.Enum(x?.Kind)));

    public static readonly SpecShape<Argument> Argument = Record<Argument>("argument", static (f, x) => new(
        f.String(x?.Parameter), f.One(x?.Value, Expression!)));

    public static readonly SpecShape<Expression> Expression = new(
        "an expression",
        new SpecRecord<LocalRef>("local", static (f, x) => new(f.Int(x?.Id), f.String(x?.Name))),
        new SpecRecord<MemberRef>("member", static (f, x) => new(f.Int(x?.Id), f.String(x?.Name))),
        new SpecRecord<PropertyRef>("property", static (f, x) => new(f.Int(x?.Id), f.One(x?.Target, Expression!), f.String(x?.Name))),
        new SpecRecord<ItemOf>("item", static (f, x) => new(f.Int(x?.Id), f.One(x?.Target, Expression!), f.One(x?.Index, Expression!))),
        new SpecRecord<Number>("number", static (f, x) => new(f.Int(x?.Id), f.Double(x?.Value), f.Bool(x?.IsInteger))),
        new SpecRecord<Truth>("truth", static (f, x) => new(f.Int(x?.Id), f.Bool(x?.Value))),
        new SpecRecord<Text>("text", static (f, x) => new(f.Int(x?.Id), f.String(x?.Value))),
        new SpecRecord<OpCall>("op", static (f, x) => new(f.Int(x?.Id), f.String(x?.Op), f.Array(x?.Arguments, Argument))),
        new SpecRecord<HostOp>("host", static (f, x) => new(f.Int(x?.Id), f.String(x?.Operator), f.Array(x?.Operands, Expression!))),
        new SpecRecord<Conditional>("conditional", static (f, x) => new(
            f.Int(x?.Id), f.One(x?.Condition, Expression!), f.One(x?.WhenTrue, Expression!), f.One(x?.WhenFalse, Expression!))),
        new SpecRecord<BlockCall>("call", static (f, x) => new(
            f.Int(x?.Id), f.Optional(x?.Target, Expression!), f.String(x?.Function), f.Array(x?.Arguments, Expression!))
        {
            IsOfBase = f.Flag(x?.IsOfBase, "base"),
        }),
        new SpecRecord<TupleOf>("tuple", static (f, x) => new(f.Int(x?.Id), f.Array(x?.Items, Expression!))),
        new SpecRecord<LambdaOf>("lambda", static (f, x) => new(f.Int(x?.Id), f.Strings(x?.Parameters), f.One(x?.Body, Expression!))));

    public static readonly SpecShape<Statement> Statement = new(
        "a statement",
        new SpecRecord<Assign>("assign", static (f, x) => new(f.Int(x?.Id), f.Strings(x?.Targets), f.One(x?.Value, Expression))),
        new SpecRecord<ForEach>("foreach", static (f, x) =>
        {
            // In the text the index comes before the body, which is the last argument of the constructor.
            var (id, variable, stack, index) = (f.Int(x?.Id), f.String(x?.Variable), f.String(x?.Stack), f.OptionalString(x?.Index));
            return new(id, variable, stack, f.Array(x?.Body, Statement!)) { Index = index };
        }),
        new SpecRecord<If>("if", static (f, x) => new(
            f.Int(x?.Id), f.One(x?.Condition, Expression), f.Array(x?.Then, Statement!), f.Array(x?.Else, Statement!))),
        new SpecRecord<Return>("return", static (f, x) => new(f.Int(x?.Id), f.One(x?.Value, Expression))));

    public static readonly SpecShape<FunctionSpec> Function = Record<FunctionSpec>("function", static (f, x) => new(
        f.Int(x?.Id), f.String(x?.Name), f.Array(x?.Parameters, Parameter), f.Array(x?.Body, Statement))
    {
        IsVirtual = f.Flag(x?.IsVirtual, "virtual"),
    });

    public static readonly SpecShape<BaseSpec> Base = Record<BaseSpec>("base", static (f, x) => new(
        f.String(x?.BlockType), f.OptionalString(x?.Assembly)));

    public static readonly SpecShape<ClassSpec> Class = Record<ClassSpec>("class", static (f, x) => new(
        f.String(x?.TypeName), f.String(x?.Name), f.Array(x?.Dims, Dim), f.Array(x?.Options, Option), f.Array(x?.Weights, Weight),
        f.Array(x?.Children, Child), f.Array(x?.Functions, Function))
    {
        Expectations = f.Array(x?.Expectations, Expectation),
        Base = f.Last(x?.Base, Base),
    });

    /// <summary>Every record, in the order of the schema.</summary>
    public static readonly IReadOnlyList<ISpecRecord<object>> Records =
    [
        .. Class.Records, .. Base.Records, .. Dim.Records, .. Option.Records, .. Choice.Records, .. Weight.Records, .. Child.Records,
        .. Expectation.Records, .. Function.Records, .. Parameter.Records, .. Statement.Records, .. Expression.Records, .. Argument.Records,
    ];

    private static SpecShape<T> Record<T>(string tag, Func<SpecFields, T?, T> visit)
        where T : class => new($"({tag} ..)", new SpecRecord<T>(tag, visit));
}
