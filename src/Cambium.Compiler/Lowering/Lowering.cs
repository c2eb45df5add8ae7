using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Turns what the front end read into a graph: calls are inlined, loops over stacks become functions, names become value ids.
/// Every mistake is reported and reading goes on with the next statement.
/// </summary>
public sealed class ModelLowering
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

    // What an expression can be while it is read.
    private abstract record Item;

    private sealed record TensorOf(int Value) : Item;

    private sealed record SizeOf(Size Value) : Item;

    private sealed record NumberOf(double Value) : Item;

    private sealed record TruthOf(bool Value) : Item;

    private sealed record OptionOf(OptionInfo Option) : Item;

    private sealed record BlockOf(ClassSpec Class, string Prefix) : Item;

    private sealed record StackOf(ClassSpec Class, string Prefix, Size Count) : Item;

    private sealed record Items(IReadOnlyList<Item> Values) : Item;

    private sealed record LambdaItem(LambdaOf Lambda) : Item;

    /// <summary>A function body while it is read. A loop's body has a parent whose tensors it captures as parameters.</summary>
    private sealed class Scope(FunctionBuilder builder, ClassSpec type, string prefix, int depth)
    {
        public FunctionBuilder Builder { get; } = builder;

        public ClassSpec Type { get; } = type;

        public string Prefix { get; } = prefix;

        public int Depth { get; } = depth;

        public Dictionary<string, Item> Locals { get; } = new(StringComparer.Ordinal);

        public Scope Inner(ClassSpec type, string prefix, int depth) => new(Builder, type, prefix, depth);
    }

    private sealed class Abandoned : Exception;

    private Item? RunBody(Scope scope, FunctionSpec function)
    {
        if (scope.Depth > 64)
        {
            Report(DiagnosticCatalog.NotSupported, $"'{function.Name}' calls itself; a model's functions cannot be recursive", scope.Type, function.Id);
            throw new Abandoned();
        }

        foreach (var statement in function.Body)
        {
            try
            {
                switch (statement)
                {
                    case Return @return:
                        return Evaluate(scope, @return.Value);
                    case Assign assign:
                        Bind(scope, assign);
                        break;
                    case ForEach loop:
                        Loop(scope, loop);
                        break;
                }
            }
            catch (Abandoned)
            {
                // The mistake is reported; what it would have defined is unknown, and mistakes that follow from that stay silent.
                foreach (var name in Assigned([statement]))
                    scope.Locals[name] = new Items([]);
                if (statement is Return)
                    return null;
            }
        }

        return null;
    }

    private static IEnumerable<string> Assigned(IEnumerable<Statement> statements) =>
        statements.SelectMany(static statement => statement switch
        {
            Assign assign => assign.Targets,
            ForEach loop => Assigned(loop.Body),
            _ => Enumerable.Empty<string>(),
        }).Distinct();

    private void Bind(Scope scope, Assign assign)
    {
        var value = Evaluate(scope, assign.Value);
        if (assign.Targets.Count == 1)
        {
            scope.Locals[assign.Targets[0]] = value;
            return;
        }

        if (value is not Items { Values: var values } || values.Count != assign.Targets.Count)
            throw Wrong(DiagnosticCatalog.BadArgument, $"{assign.Targets.Count} values are expected here", scope, assign.Id);
        for (var i = 0; i < values.Count; i++)
            scope.Locals[assign.Targets[i]] = values[i];
    }

    private void Loop(Scope scope, ForEach loop)
    {
        if (Member(scope, loop.Stack, loop.Id) is not StackOf stack)
            throw Wrong(DiagnosticCatalog.BadStack, $"'{loop.Stack}' is no stack of blocks", scope, loop.Id);
        if (stack.Prefix.Contains("{i}") && scope.Prefix.Contains("{i}"))
            throw Wrong(DiagnosticCatalog.NotSupported, "a stack inside a stack is not supported; flatten the stacks into one", scope, loop.Id);

        if (scope.Builder.Name != Main)
            throw Wrong(DiagnosticCatalog.NotSupported, $"the loop over '{loop.Stack}' runs inside another loop; loops cannot be nested", scope, loop.Id);

        // Locals that the body assigns and that exist before it are carried from round to round; the others it reads are captured.
        var assigned = new HashSet<string>(Assigned(loop.Body), StringComparer.Ordinal);
        var tensors = scope.Locals.Where(static local => local.Value is TensorOf).Select(static local => local.Key).OrderBy(static name => name, StringComparer.Ordinal).ToList();
        var carried = tensors.Where(assigned.Contains).ToList();
        var captured = tensors.Where(name => !assigned.Contains(name)).ToList();

        foreach (var local in assigned.Where(scope.Locals.ContainsKey).OrderBy(static name => name, StringComparer.Ordinal))
        {
            if (scope.Locals[local] is not (TensorOf or Items { Values.Count: 0 }) || (scope.Locals[local] is TensorOf { Value: var before } && !scope.Builder.TypeOf(before).IsRows))
                throw Wrong(DiagnosticCatalog.NotSupported, $"'{local}' is assigned in the loop but is {Kind(scope, scope.Locals[local])} before it, and a loop carries rows [T, ..] from round to round; begin with rows, such as `x * 0`", scope, loop.Id);
        }

        // The function is called after its stack, so that what is generated from it reads in the author's words.
        var name = loop.Stack;
        for (var number = 2; !_loops.Add(name); number++)
            name = loop.Stack + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var body = new FunctionBuilder(name);
        var inner = new Scope(body, scope.Type, scope.Prefix, scope.Depth);
        foreach (var local in scope.Locals.Where(static local => local.Value is not TensorOf))
            inner.Locals[local.Key] = local.Value;
        foreach (var local in carried.Concat(captured))
            inner.Locals[local] = new TensorOf(body.Parameter(scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value)));
        inner.Locals[loop.Variable] = new BlockOf(stack.Class, stack.Prefix);

        foreach (var statement in loop.Body)
        {
            switch (statement)
            {
                case Assign assign:
                    Bind(inner, assign);
                    break;
                default:
                    throw Wrong(DiagnosticCatalog.NotSupported, "a loop's body may only assign", scope, statement.Id);
            }
        }

        var results = new List<int>();
        foreach (var local in carried)
        {
            if (inner.Locals[local] is not TensorOf { Value: var value } || body.TypeOf(value) != scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value))
                throw Wrong(DiagnosticCatalog.Shape, $"'{local}' must have the same shape after each round of the loop as before: {scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value)}", scope, loop.Id);
            results.Add(value);
        }

        _functions.Add(body.Build(results));
        var operands = carried.Concat(captured).Select(local => ((TensorOf)scope.Locals[local]).Value).ToList();
        var values = scope.Builder.Add(
            "loop",
            operands,
            [.. carried.Select(local => scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value))],
            [new("count", new SizeValue(stack.Count)), new("body", new SymbolValue(name))],
            new Origin(scope.Type.TypeName, loop.Id));
        for (var i = 0; i < carried.Count; i++)
            scope.Locals[carried[i]] = new TensorOf(values[i]);
    }

    private static string Kind(Scope scope, Item item) => item switch
    {
        TensorOf tensor => scope.Builder.TypeOf(tensor.Value).ToString(),
        SizeOf or NumberOf or OptionOf => "a number",
        Items => "a tuple",
        _ => "no tensor",
    };

    private Item Evaluate(Scope scope, Expression expression)
    {
        switch (expression)
        {
            case LocalRef local:
                if (!scope.Locals.TryGetValue(local.Name, out var item))
                    throw Wrong(DiagnosticCatalog.UnknownName, $"'{local.Name}' has no value here", scope, local.Id);
                return item is Items { Values.Count: 0 } ? throw new Abandoned() : item;
            case MemberRef member:
                return Member(scope, member.Name, member.Id);
            case Number number:
                return number.IsInteger ? new SizeOf(Size.Constant((long)number.Value)) : new NumberOf(number.Value);
            case Truth truth:
                return new TruthOf(truth.Value);
            case TupleOf tuple:
                return new Items([.. tuple.Items.Select(part => Evaluate(scope, part))]);
            case LambdaOf lambda:
                return new LambdaItem(lambda);
            case BlockCall call:
                return Call(scope, call);
            case OpCall call:
                return Operation(scope, call);
            default:
                throw Wrong(DiagnosticCatalog.NotSupported, "this expression is not supported in a model", scope, expression.Id);
        }
    }

    private Item Member(Scope scope, string name, int id)
    {
        var type = scope.Type;
        if (_symbols.SizeOf(type, name) is { } size)
            return new SizeOf(size);
        if (_symbols.OptionOf(type, name) is { } option)
            return new OptionOf(option);
        if (type.Weights.FirstOrDefault(candidate => candidate.Name == name) is { } weight)
        {
            var info = _symbols.DeclareWeight(type, weight, scope.Prefix) ?? throw new Abandoned();
            return new TensorOf(scope.Builder.Add("weight", [], new TensorType(DType.F32, info.Shape), [new("name", new SymbolValue(info.Name))], new Origin(type.TypeName, id)));
        }

        if (type.Children.FirstOrDefault(candidate => candidate.Name == name) is { } child)
        {
            if (!_classes.TryGetValue(child.BlockType, out var block))
                throw Wrong(DiagnosticCatalog.UnknownName, $"'{child.BlockType}' is no block", scope, child.Id);
            var prefix = scope.Prefix + (child.Prefix.Length == 0 ? "" : child.Prefix + ".");
            return child.Count is null
                ? new BlockOf(block, prefix)
                : new StackOf(block, prefix, _symbols.ParseSize(type, child.Count, child.Id) ?? throw new Abandoned());
        }

        // A member that the front end could not read has its own diagnostic.
        if (_diagnostics.Count == 0)
            Report(DiagnosticCatalog.UnknownName, $"'{name}' is no dim, option, weight or block of '{type.Name}'", type, id);
        throw new Abandoned();
    }

    private Item Call(Scope scope, BlockCall call)
    {
        var (type, prefix) = (scope.Type, scope.Prefix);
        if (call.Target is not null)
        {
            if (Evaluate(scope, call.Target) is not BlockOf block)
                throw Wrong(DiagnosticCatalog.BadArgument, $"'{call.Function}' is called on something that is no block", scope, call.Id);
            (type, prefix) = (block.Class, block.Prefix);
        }

        if (type.Functions.FirstOrDefault(candidate => candidate.Name == call.Function) is not { } function)
            throw Wrong(DiagnosticCatalog.UnknownName, $"'{type.Name}' has no function '{call.Function}'", scope, call.Id);
        if (function.Parameters.Count != call.Arguments.Count)
            throw Wrong(DiagnosticCatalog.BadArgument, $"'{call.Function}' takes {function.Parameters.Count} arguments", scope, call.Id);
        var inner = scope.Inner(type, prefix, scope.Depth + 1);
        for (var i = 0; i < call.Arguments.Count; i++)
            inner.Locals[function.Parameters[i].Name] = Evaluate(scope, call.Arguments[i]);
        return RunBody(inner, function) ?? throw new Abandoned();
    }

    private Item Operation(Scope scope, OpCall call)
    {
        if (OpCatalog.FindMethod(call.Op) is not { } op)
            throw Wrong(DiagnosticCatalog.UnknownOperation, $"'{call.Op}' is no operation of this version", scope, call.Id);

        var arguments = new Dictionary<string, (Item Item, Expression Source)>(StringComparer.Ordinal);
        foreach (var argument in call.Arguments)
            arguments[argument.Parameter] = (Evaluate(scope, argument.Value), argument.Value);

        // Arithmetic of sizes and numbers happens here.
        if (op.Kind == OpKind.Elementwise && arguments.Values.All(static argument => argument.Item is SizeOf or NumberOf))
            return Fold(scope, call, op, arguments);

        var operands = new List<int>();
        var sources = new List<Expression>();
        var attributes = new List<NodeAttribute>();
        foreach (var parameter in op.Parameters)
        {
            if (!arguments.TryGetValue(parameter.Name, out var argument))
            {
                if (!parameter.Optional)
                    throw Wrong(DiagnosticCatalog.BadArgument, $"{call.Op} needs '{parameter.Name}'", scope, call.Id);
            }
            else if (parameter.Role == ParameterRole.Tensor)
            {
                operands.Add(AsTensor(scope, argument.Item, argument.Source, parameter));
                sources.Add(argument.Source);
            }
            else
            {
                Attribute(scope, parameter, argument.Item, argument.Source, attributes, operands);
            }
        }

        try
        {
            return new TensorOf(scope.Builder.Add(
                op.Name,
                operands,
                attributes,
                new Origin(scope.Type.TypeName, call.Id),
                i => $"`{Words(sources[i])}` is {scope.Builder.TypeOf(operands[i])}"));
        }
        catch (ShapeException wrong)
        {
            throw Wrong(DiagnosticCatalog.Shape, wrong.Message, scope, call.Id);
        }
    }

    private Item Fold(Scope scope, OpCall call, OpDefinition op, Dictionary<string, (Item Item, Expression Source)> arguments)
    {
        var items = op.Parameters.Select(parameter => arguments[parameter.Name].Item).ToList();
        if (items.All(static item => item is SizeOf))
        {
            var sizes = items.Select(static item => ((SizeOf)item).Value).ToList();
            Size? folded = op.Name switch
            {
                "add" => sizes[0] + sizes[1],
                "sub" => sizes[0] - sizes[1],
                "mul" => sizes[0] * sizes[1],
                "div" => sizes[0] / sizes[1],
                "negate" => Size.Constant(-1) * sizes[0],
                _ => null,
            };
            if (folded is not null)
                return new SizeOf(folded);
        }

        var numbers = items.Select(static item => item is NumberOf number ? (double?)number.Value : ((SizeOf)item).Value.Value).ToList();
        double? value = numbers.Any(static number => number is null) ? null : op.Name switch
        {
            "add" => numbers[0] + numbers[1],
            "sub" => numbers[0] - numbers[1],
            "mul" => numbers[0] * numbers[1],
            "div" => numbers[0] / numbers[1],
            "negate" => -numbers[0],
            "sqrt" => Math.Sqrt(numbers[0]!.Value),
            "exp" => Math.Exp(numbers[0]!.Value),
            "log" => Math.Log(numbers[0]!.Value),
            "rsqrt" => 1 / Math.Sqrt(numbers[0]!.Value),
            _ => null,
        };
        if (value is { } known)
            return new NumberOf(known);

        // A number that depends on a dim: computed as a scalar of the graph.
        var operands = items.Select((item, i) => AsTensor(scope, item, arguments[op.Parameters[i].Name].Source, op.Parameters[i])).ToList();
        return new TensorOf(scope.Builder.Add(op.Name, operands, null, new Origin(scope.Type.TypeName, call.Id)));
    }

    private int AsTensor(Scope scope, Item item, Expression source, OpParameter parameter) => item switch
    {
        TensorOf tensor => tensor.Value,
        NumberOf number => scope.Builder.Scalar(new NumberValue(number.Value), new Origin(scope.Type.TypeName, source.Id)),
        SizeOf size => scope.Builder.Scalar(new SizeValue(size.Value), new Origin(scope.Type.TypeName, source.Id)),
        OptionOf { Option: { Kind: OptionKind.Float } option } => scope.Builder.Scalar(new SymbolValue(option.Name), new Origin(scope.Type.TypeName, source.Id)),
        _ => throw Wrong(DiagnosticCatalog.BadArgument, $"a tensor is expected for '{parameter.Name}' but `{Words(source)}` is none", scope, source.Id),
    };

    private void Attribute(Scope scope, OpParameter parameter, Item item, Expression source, List<NodeAttribute> attributes, List<int> operands)
    {
        switch (parameter.Name, item)
        {
            case ("trailing", Items items):
                for (var i = 0; i < items.Values.Count; i++)
                {
                    if (items.Values[i] is not SizeOf size)
                        throw Wrong(DiagnosticCatalog.BadArgument, "a shape is made of dims", scope, source.Id);
                    attributes.Add(new NodeAttribute("d" + i.ToString(System.Globalization.CultureInfo.InvariantCulture), new SizeValue(size.Value)));
                }

                break;
            case ("rotary", OptionOf { Option: { Kind: OptionKind.Rotary } option }):
                attributes.Add(new NodeAttribute("rotary", new SymbolValue(option.Name)));
                break;
            case ("interleaved", TruthOf { Value: var interleaved }):
                if (interleaved)
                    attributes.Add(new NodeAttribute("interleaved", new NumberValue(1)));
                break;
            case ("score", LambdaItem { Lambda: var lambda }):
                var captured = new ScoreReader(this, scope, lambda, operands);
                attributes.Add(new NodeAttribute("score", new ScoreValue(captured.Read(lambda.Body))));
                break;
            case ("begin" or "count", SizeOf size):
                attributes.Add(new NodeAttribute(parameter.Name, new SizeValue(size.Value)));
                break;
            case ("window", SizeOf size):
                if (size.Value.Value != 0)
                    attributes.Add(new NodeAttribute("window", new SizeValue(size.Value)));
                break;
            case ("scale", NumberOf number):
                if (number.Value != 0)
                    attributes.Add(new NodeAttribute("scale", new NumberValue(number.Value)));
                break;
            case ("scale", SizeOf size):
                if (size.Value.Value != 0)
                    attributes.Add(new NodeAttribute("scale", new SizeValue(size.Value)));
                break;
            case ("scale", OptionOf { Option: { Kind: OptionKind.Float } option }):
                attributes.Add(new NodeAttribute("scale", new SymbolValue(option.Name)));
                break;
            case ("scale", TensorOf tensor) when scope.Builder.NumberOf(tensor.Value) is { } computed:
                attributes.Add(new NodeAttribute("scale", new ScoreValue(computed)));
                break;
            default:
                throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(source)}` is not what '{parameter.Name}' takes", scope, source.Id);
        }
    }

    /// <summary>Reads the body of a score lambda <c>(score, at) => ...</c>.</summary>
    private sealed class ScoreReader(ModelLowering owner, Scope scope, LambdaOf lambda, List<int> operands)
    {
        public ScalarExpression Read(Expression expression)
        {
            switch (expression)
            {
                case LocalRef local when local.Name == lambda.Parameters[0]:
                    return new ScalarExpression.Input("score");
                case PropertyRef { Target: LocalRef target } property when target.Name == lambda.Parameters[1]:
                    return new ScalarExpression.Input(property.Name.ToLowerInvariant());
                case OpCall { Op: "Gather" } gather:
                    var table = gather.Arguments.First(static argument => argument.Parameter is "table");
                    var index = gather.Arguments.First(static argument => argument.Parameter is "tokens");
                    if (Read(index.Value) is not ScalarExpression.Input { Name: "head" } || owner.Evaluate(scope, table.Value) is not TensorOf { Value: var value } || scope.Builder.TypeOf(value) is not { Rank: 1, IsRows: false })
                        throw owner.Wrong(DiagnosticCatalog.NotSupported, "in a score only a parameter of one value per head can be indexed, by the head", scope, gather.Id);
                    operands.Add(value);
                    return new ScalarExpression.PerHead(operands.Count - 1);
                case OpCall call when OpCatalog.FindMethod(call.Op) is { Kind: OpKind.Elementwise } op:
                    return new ScalarExpression.Apply(
                        op.Name,
                        op.Parameters.Select(parameter => Read(call.Arguments.First(argument => argument.Parameter == parameter.Name).Value)).ToEquatableArray());
            }

            return owner.Evaluate(scope, expression) switch
            {
                NumberOf number => new ScalarExpression.Constant(number.Value),
                SizeOf { Value: { Value: { } constant } } => new ScalarExpression.Constant(constant),
                SizeOf size => new ScalarExpression.Extent(size.Value),
                OptionOf { Option: { Kind: OptionKind.Float } option } => new ScalarExpression.Symbol(option.Name),
                TensorOf tensor when scope.Builder.NumberOf(tensor.Value) is { } computed => computed,
                _ => throw owner.Wrong(DiagnosticCatalog.NotSupported, $"`{Words(expression)}` cannot be used in a score", scope, expression.Id),
            };
        }
    }

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
