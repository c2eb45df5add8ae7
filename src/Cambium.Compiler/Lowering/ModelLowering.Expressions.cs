using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <content>Expressions: names, members, calls.</content>
public sealed partial class ModelLowering
{
    private static string Kind(Scope scope, Item item) => item switch
    {
        TensorOf tensor => scope.Builder.TypeOf(tensor.Value).ToString(),
        SizeOf or NumberOf or HostOf or OptionOf => "a number",
        ListOf => "a list",
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
            case ItemOf indexed:
                return ItemAt(scope, indexed);
            case Number number:
                return number.IsInteger ? new SizeOf(Size.Constant((long)number.Value)) : new NumberOf(number.Value);
            case Truth truth:
                return new TruthOf(truth.Value);
            case TupleOf tuple:
                return new Items(EvaluateAll(scope, tuple.Items));
            case LambdaOf lambda:
                return new LambdaItem(lambda);
            case BlockCall call:
                return Call(scope, call);
            case OpCall call:
                return Operation(scope, call);
            case Text text:
                return new TextOf(text.Value);
            case HostOp operation:
                return HostOperation(scope, operation);
            case Conditional conditional:
                return Choose(scope, conditional);
            default:
                throw Wrong(DiagnosticCatalog.NotSupported, "this expression is not supported in a model", scope, expression.Id);
        }
    }

    /// <summary>The values of an expression's parts. Where one has a mistake the expression has no value, and the other parts are read for theirs.</summary>
    private List<Item> EvaluateAll(Scope scope, IEnumerable<Expression> parts)
    {
        var (items, isWhole) = (new List<Item>(), true);
        foreach (var part in parts)
        {
            try
            {
                items.Add(Evaluate(scope, part));
            }
            catch (Abandoned)
            {
                isWhole = false;
            }
        }

        return isWhole ? items : throw new Abandoned();
    }

    private Item Member(Scope scope, string name, int id)
    {
        var type = scope.Type;
        if (_symbols.SizeOf(type, name) is { } size)
            return new SizeOf(size);
        if (type.Find(static type => type.Options, candidate => candidate.Name == name) is (_, { Kind: OptionKind.Index }))
        {
            return scope.Prefix.Contains("{i}")
                ? new HostOf(new ScalarExpression.Input("layer"), true)
                : throw Wrong(DiagnosticCatalog.NotSupported, $"'{name}' is a place in a stack, but this block is in none", scope, id);
        }

        if (_symbols.OptionOf(type, name) is { } option)
            return option.IsList ? new ListOf(option) : new OptionOf(option);
        if (type.Find(static type => type.Weights, candidate => candidate.Name == name) is var (declaring, weight))
        {
            var info = _symbols.DeclareWeight(declaring, weight, scope.Prefix) ?? throw new Abandoned();
            return new TensorOf(scope.Builder.Add("weight", [], new TensorType(DType.F32, info.Shape), [new("name", new SymbolValue(info.Name))], new Origin(type.TypeName, id)));
        }

        if (type.Find(static type => type.Children, candidate => candidate.Name == name) is var (owner, child))
        {
            if (!_classes.TryGetValue(child.BlockType, out var block))
            {
                Report(DiagnosticCatalog.UnknownName, $"'{child.BlockType}' is no block", owner, child.Id);
                throw new Abandoned();
            }

            var prefix = WeightPath.Join(scope.Prefix, WeightPath.Join(child.Prefix, child.Prefix.Length == 0 ? "" : "."));
            return child.Count is null
                ? new BlockOf(block, prefix)
                : new StackOf(block, prefix, _symbols.ParseSize(owner, child.Count, child.Id) ?? throw new Abandoned());
        }

        // A member that the front end could not read has its own diagnostic.
        if (_diagnostics.Count == 0)
            Report(DiagnosticCatalog.UnknownName, $"'{name}' is no dim, option, weight or block of '{type.Name}'", type, id);
        throw new Abandoned();
    }

    private Item Call(Scope scope, BlockCall call)
    {
        var (type, self, prefix) = (scope.Type, scope.Self, scope.Prefix);
        if (call.Target is not null)
        {
            if (Evaluate(scope, call.Target) is not BlockOf block)
                throw Wrong(DiagnosticCatalog.BadArgument, $"'{call.Function}' is called on something that is no block", scope, call.Id);
            (type, self, prefix) = (block.Class, block.Class, block.Prefix);
        }

        if (FunctionOf(type, self, call) is not var (owner, function))
            throw Wrong(DiagnosticCatalog.UnknownName, $"'{type.Name}' has no function '{call.Function}'", scope, call.Id);
        if (function.Parameters.Count != call.Arguments.Count)
            throw Wrong(DiagnosticCatalog.BadArgument, $"'{call.Function}' takes {function.Parameters.Count} arguments", scope, call.Id);
        var (inner, arguments) = (scope.Inner(owner, self, prefix), EvaluateAll(scope, call.Arguments));
        for (var i = 0; i < arguments.Count; i++)
            inner.Locals[function.Parameters[i].Name] = arguments[i];
        return RunBody(inner, function) ?? throw new Abandoned();
    }

    private static (ClassSpec Owner, FunctionSpec Function)? FunctionOf(Scope scope, BlockCall call) => FunctionOf(scope.Type, scope.Self, call);

    /// <summary>The function that a call runs, and the class whose text it is: for a virtual one the body nearest to the class that the block is of.</summary>
    /// <param name="type">The class that the caller names.</param>
    /// <param name="self">The class that the block is of.</param>
    private static (ClassSpec Owner, FunctionSpec Function)? FunctionOf(ClassSpec type, ClassSpec self, BlockCall call)
    {
        (ClassSpec, FunctionSpec)? In(ClassSpec? start) => start?.Find(static type => type.Functions, candidate => candidate.Name == call.Function);

        return call.IsOfBase ? In(type.Base?.Spec) : In(type) is (_, { IsVirtual: true }) ? In(self) : In(type);
    }
}
