using System.Globalization;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Lowers expressions: locals, members and calls of the author's functions. Operations, host values and choices have classes of their own.
/// </summary>
internal sealed class ExpressionLowering
{
    private readonly LoweringContext _context;
    private readonly Func<Scope, FunctionSpec, Item?> _runBody;
    private readonly OperationLowering _operations;

    /// <param name="runBody">Lowers the body of a function that is called.</param>
    public ExpressionLowering(LoweringContext context, Func<Scope, FunctionSpec, Item?> runBody)
    {
        (_context, _runBody) = (context, runBody);
        Hosts = new HostLowering(context, this);
        _operations = new OperationLowering(context, this);
        Choices = new ChoiceLowering(context, this, _operations);
    }

    /// <summary>Numbers and conditions that a checkpoint decides.</summary>
    public HostLowering Hosts { get; }

    public ChoiceLowering Choices { get; }

    public Item Evaluate(Scope scope, Expression expression)
    {
        _context.Limits.Enter(scope, expression);
        try
        {
            var item = ValueOf(scope, expression);
            var number = item switch
            {
                HostItem host => host.Value,
                ConditionItem condition => condition.Value,
                ListTextItem text => text.Index,
                TensorItem tensor => scope.Builder.NumberOf(tensor.Value),
                _ => null,
            };
            return _context.Limits.Checked(scope, expression.Id, item, number);
        }
        catch (LimitExceededException failure)
        {
            throw _context.Error(DiagnosticCodes.TooLarge, failure.Message, scope, expression.Id);
        }
        finally
        {
            _context.Limits.Leave();
        }
    }

    private Item ValueOf(Scope scope, Expression expression)
    {
        switch (expression)
        {
            case LocalRef local:
                if (!scope.Locals.TryGetValue(local.Name, out var item))
                    throw _context.Error(DiagnosticCodes.UnknownName, $"'{local.Name}' has no value here", scope, local.Id);
                return item is UnknownItem ? throw new StatementFailed() : item;
            case MemberRef member:
                return Member(scope, member.Name, member.Id);
            case ItemOf indexed:
                return Hosts.ItemAt(scope, indexed);
            case Number number:
                return number.IsInteger ? new SizeItem(Size.Constant((long)number.Value)) : new NumberItem(number.Value);
            case Truth truth:
                return new FlagItem(truth.Value);
            case TupleOf tuple:
                return new TupleItem(EvaluateAll(scope, tuple.Items));
            case LambdaOf lambda:
                return new LambdaItem(lambda);
            case BlockCall call:
                return Call(scope, call);
            case OpCall call:
                return _operations.Call(scope, call);
            case Text text:
                return new TextItem(text.Value);
            case HostOp operation:
                return Hosts.Operation(scope, operation);
            case Conditional conditional:
                return Choices.Evaluate(scope, conditional);
            default:
                throw _context.Error(DiagnosticCodes.NotSupported, "this expression is not supported in a model", scope, expression.Id);
        }
    }

    /// <summary>
    /// The values of several expressions. After an error in one, the others are still lowered, so that their errors are reported, too.
    /// </summary>
    public List<Item> EvaluateAll(Scope scope, IEnumerable<Expression> parts)
    {
        var (items, succeeded) = (new List<Item>(), true);
        foreach (var part in parts)
        {
            try
            {
                items.Add(Evaluate(scope, part));
            }
            catch (StatementFailed)
            {
                succeeded = false;
            }
        }

        return succeeded ? items : throw new StatementFailed();
    }

    /// <summary>A dim, option, weight, block or stack of the class.</summary>
    public Item Member(Scope scope, string name, int id)
    {
        var type = scope.Type;
        if (_context.Symbols.SizeOf(type, name) is { } size)
            return new SizeItem(size);
        if (type.Find(static type => type.Options, candidate => candidate.Name == name) is (_, { Kind: OptionKind.Index }))
        {
            return scope.Prefix.Contains("{i}")
                ? new HostItem(new ScalarExpression.Input("layer"), IsWhole: true)
                : throw _context.Error(
                    DiagnosticCodes.NotSupported,
                    $"'{name}' is the index in a stack, but this block is not in a stack",
                    scope,
                    id);
        }

        if (_context.Symbols.OptionOf(type, name) is { } option)
            return option.IsList ? new ListItem(option) : new OptionItem(option);
        if (type.Find(static type => type.Weights, candidate => candidate.Name == name) is var (declaring, weight))
            return Weight(scope, declaring, weight, id);
        if (type.Find(static type => type.Children, candidate => candidate.Name == name) is var (owner, child))
            return Child(scope, owner, child);

        // The generator has a diagnostic of its own for a member that it could not read.
        if (_context.Diagnostics.Count == 0)
            _context.Report(DiagnosticCodes.UnknownName, $"'{name}' is not a dim, option, weight or block of '{type.Name}'", type, id);
        throw new StatementFailed();
    }

    /// <summary>
    /// The function that a call runs, and the class that contains its text: for a virtual function, the body nearest to the block's class.
    /// </summary>
    public static (ClassSpec Owner, FunctionSpec Function)? FunctionOf(Scope scope, BlockCall call) => FunctionOf(scope.Type, scope.Self, call);

    private TensorItem Weight(Scope scope, ClassSpec declaring, WeightSpec weight, int id)
    {
        var info = _context.Symbols.DeclareWeight(declaring, weight, scope.Prefix) ?? throw new StatementFailed();
        var type = new TensorType(DType.F32, info.Shape);
        return new TensorItem(scope.Builder.Add("weight", [], type, [new("name", new SymbolValue(info.Name))], new Origin(scope.Type.TypeName, id)));
    }

    private Item Child(Scope scope, ClassSpec owner, ChildSpec child)
    {
        if (_context.Class(child.BlockType) is not { } block)
        {
            _context.Report(DiagnosticCodes.UnknownName, $"'{child.BlockType}' is not a block", owner, child.Id);
            throw new StatementFailed();
        }

        var names = WeightPath.CountOf(scope.Prefix) * WeightPath.CountOf(child.Prefix);
        if (names > CompilerLimits.WeightNames)
        {
            _context.Report(
                DiagnosticCodes.TooLarge,
                $"'{child.Name}' has {names.ToString(CultureInfo.InvariantCulture)} prefixes in the checkpoint, from the alternatives of the "
                    + $"blocks around it and its own, "
                + $"and a block can have {CompilerLimits.WeightNames.ToString(CultureInfo.InvariantCulture)}; remove alternatives (`|`)",
                owner,
                child.Id);
            throw new StatementFailed();
        }

        if (scope.Owners.Contains(block.TypeName))
        {
            _context.Report(
                DiagnosticCodes.NotSupported,
                $"'{child.Name}' is a '{block.Name}' inside a '{block.Name}': a block cannot contain itself. Declare a stack of blocks ([Blocks]) "
                    + $"and loop over it",
                owner,
                child.Id);
            throw new StatementFailed();
        }

        var owners = scope.Owners.With(block.TypeName);
        var prefix = WeightPath.Join(scope.Prefix, WeightPath.Join(child.Prefix, child.Prefix.Length == 0 ? "" : "."));
        return child.Count is null
            ? new BlockItem(block, prefix, owners)
            : new StackItem(block, prefix, owners, _context.Symbols.ParseSize(owner, child.Count, child.Id) ?? throw new StatementFailed());
    }

    /// <summary>A call of the author's function, inlined.</summary>
    private Item Call(Scope scope, BlockCall call)
    {
        var (type, self, prefix, owners) = (scope.Type, scope.Self, scope.Prefix, scope.Owners);
        if (call.Target is not null)
        {
            if (Evaluate(scope, call.Target) is not BlockItem block)
                throw _context.Error(DiagnosticCodes.BadArgument, $"'{call.Function}' must be called on a block", scope, call.Id);
            (type, self, prefix, owners) = (block.Class, block.Class, block.Prefix, block.Owners);
        }

        if (FunctionOf(type, self, call) is not var (owner, function))
            throw _context.Error(DiagnosticCodes.UnknownName, $"'{type.Name}' has no function '{call.Function}'", scope, call.Id);
        if (function.Parameters.Count != call.Arguments.Count)
            throw _context.Error(DiagnosticCodes.BadArgument, $"'{call.Function}' takes {function.Parameters.Count} arguments", scope, call.Id);
        var (inner, arguments) = (scope.Inner(owner, self, prefix, owners, call, function), EvaluateAll(scope, call.Arguments));
        for (var i = 0; i < arguments.Count; i++)
            inner.Locals[function.Parameters[i].Name] = arguments[i];
        return _runBody(inner, function) ?? throw new StatementFailed();
    }

    /// <param name="type">The class that the caller names.</param>
    /// <param name="self">The class of the block.</param>
    public static (ClassSpec Owner, FunctionSpec Function)? FunctionOf(ClassSpec type, ClassSpec self, BlockCall call)
    {
        (ClassSpec, FunctionSpec)? In(ClassSpec? start) => start?.Find(static type => type.Functions, candidate => candidate.Name == call.Function);

        return call.IsOfBase ? In(type.Base?.Spec) : In(type) is (_, { IsVirtual: true }) ? In(self) : In(type);
    }
}
