using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Reading;

/// <summary>Reads the statements of a function. What cannot be read is reported and stands as an unreadable value of the locals it would have assigned.</summary>
/// <param name="type">The class that the function belongs to.</param>
/// <param name="members">Members of that class that were read.</param>
/// <param name="called">Receives the class's methods that the function calls.</param>
internal sealed class FunctionReader(INamedTypeSymbol type, MemberTable members, IdTable ids, Action<IMethodSymbol> called, CancellationToken cancellation)
{
    private readonly ExpressionReader _expressions = new(type, members, ids, called);

    public EquatableArray<Statement> Read(IOperation body)
    {
        var statements = new List<Statement>();
        var block = body switch
        {
            IMethodBodyOperation method => method.BlockBody ?? method.ExpressionBody,
            _ => body as IBlockOperation,
        };
        if (block is not null)
            Read(block, statements);
        return statements.ToEquatableArray();
    }

    private void Read(IBlockOperation block, List<Statement> into)
    {
        foreach (var operation in block.Operations)
            Read(operation, into);
    }

    private void Read(IOperation operation, List<Statement> into)
    {
        cancellation.ThrowIfCancellationRequested();
        switch (operation)
        {
            case IBlockOperation block:
                Read(block, into);
                break;
            case IEmptyOperation:
                break;
            case IVariableDeclarationGroupOperation { IsImplicit: false } group:
                foreach (var declarator in group.Declarations.SelectMany(static declaration => declaration.Declarators))
                    Declare(declarator, into);
                break;
            case IExpressionStatementOperation { Operation: ISimpleAssignmentOperation { IsRef: false } assignment }:
                Assign(assignment, assignment.Target, () => _expressions.Read(assignment.Value), into);
                break;
            case IExpressionStatementOperation { Operation: ICompoundAssignmentOperation assignment }:
                Assign(assignment, assignment.Target, () => _expressions.ReadCompound(assignment), into);
                break;
            case IExpressionStatementOperation { Operation: IDeconstructionAssignmentOperation assignment }:
                Deconstruct(assignment, into);
                break;
            case IExpressionStatementOperation { Operation: IInvalidOperation } or IInvalidOperation:
                Abandon(operation, ids.Next(operation.Syntax.GetLocation()), into);
                break;
            case IConditionalOperation choice:
                Choose(choice, into);
                break;
            case IForEachLoopOperation loop:
                ForEach(loop, into);
                break;
            case IReturnOperation { Kind: OperationKind.Return, ReturnedValue: { } value }:
                into.Add(new Return(ids.Next(operation.Syntax.GetLocation()), _expressions.Read(value)));
                break;
            default:
                Unsupported(operation, into);
                break;
        }
    }

    private void Declare(IVariableDeclaratorOperation declarator, List<Statement> into)
    {
        var initializer = declarator.GetVariableInitializer();
        if (initializer is null || declarator.Symbol.IsConst)
            return;
        var id = ids.Next(declarator.Syntax.GetLocation());
        into.Add(new Assign(id, EquatableArray.Of(declarator.Symbol.Name), _expressions.Read(initializer.Value)));
    }

    private void Assign(IOperation assignment, IOperation target, Func<Expression> value, List<Statement> into)
    {
        var id = ids.Next(assignment.Syntax.GetLocation());
        if (NameOf(target) is { } name)
        {
            into.Add(new Assign(id, EquatableArray.Of(name), value()));
            return;
        }

        if (target is not IInvalidOperation)
            ids.ReportAt(Descriptors.Statement.Id, target.Syntax.GetLocation(), $"Assigning to `{target.Syntax}`", "A model's function assigns to locals only");
        into.Add(new Assign(id, EquatableArray.Of("_"), value()));
    }

    private void Deconstruct(IDeconstructionAssignmentOperation assignment, List<Statement> into)
    {
        var id = ids.Next(assignment.Syntax.GetLocation());
        var target = assignment.Target is IDeclarationExpressionOperation declaration ? declaration.Expression : assignment.Target;
        var elements = target is ITupleOperation tuple ? tuple.Elements.Select(NameOf).ToList() : [];
        if (elements.Count < 2 || elements.Any(static name => name is null))
        {
            ids.ReportAt(Descriptors.Statement.Id, target.Syntax.GetLocation(), $"Assigning to `{target.Syntax}`", "A tuple is taken apart into locals, one level deep");
            Abandon(assignment, id, into);
            return;
        }

        into.Add(new Assign(id, elements.Select(static name => name!).ToEquatableArray(), _expressions.Read(assignment.Value)));
    }

    private void Choose(IConditionalOperation choice, List<Statement> into)
    {
        var id = ids.Next(choice.Syntax.GetLocation());
        var condition = _expressions.Read(choice.Condition);
        var (then, otherwise) = (new List<Statement>(), new List<Statement>());
        Read(choice.WhenTrue, then);
        if (choice.WhenFalse is { } whenFalse)
            Read(whenFalse, otherwise);
        into.Add(new If(id, condition, then.ToEquatableArray(), otherwise.ToEquatableArray()));
    }

    private void ForEach(IForEachLoopOperation loop, List<Statement> into)
    {
        var id = ids.Next(loop.Syntax.GetLocation());
        var collection = ExpressionReader.Unwrap(loop.Collection);
        if (collection is IPropertyReferenceOperation { Instance: IInstanceReferenceOperation, Property: var property } && members.Find(property) is { } member
            && loop.LoopControlVariable is IVariableDeclaratorOperation variable)
        {
            var body = new List<Statement>();
            Read(loop.Body, body);
            if (member.Role == MemberRole.Stack)
                into.Add(new ForEach(id, variable.Symbol.Name, property.Name, body.ToEquatableArray()));
            else if (member.Role == MemberRole.Broken)
                Abandon(loop, id, into);
            else
                NoStack();
            return;
        }

        if (collection is not IInvalidOperation)
            NoStack();
        else
            Abandon(loop, id, into);
        Read(loop.Body, []);

        void NoStack()
        {
            ids.ReportAt(Descriptors.Statement.Id, loop.Collection.Syntax.GetLocation(), $"A loop over `{loop.Collection.Syntax}`", "A model loops over a stack of blocks, a BlockStack<T> property with [Blocks], by `foreach (var block in Blocks)`");
            Abandon(loop, id, into);
        }
    }

    private void Unsupported(IOperation operation, List<Statement> into)
    {
        var id = ids.Next(operation.Syntax.GetLocation());
        var (what, hint) = Words(operation);
        ids.ReportAt(Descriptors.Statement.Id, FirstToken(operation), what, hint);
        Abandon(operation, id, into);

        // Read on: the author sees the mistakes inside as well.
        foreach (var inner in operation.ChildOperations.OfType<IBlockOperation>())
            Read(inner, []);
    }

    /// <summary>Gives every local that the operation assigns an unreadable value, so that no mistake follows from this one.</summary>
    private void Abandon(IOperation operation, int id, List<Statement> into)
    {
        var names = operation.DescendantsAndSelf()
            .Select(static part => part switch
            {
                IAssignmentOperation assignment => NameOf(assignment.Target),
                IIncrementOrDecrementOperation increment => NameOf(increment.Target),
                IVariableDeclaratorOperation declarator => declarator.Symbol.Name,
                _ => null,
            })
            .Concat(operation.DescendantsAndSelf().OfType<ITupleOperation>().SelectMany(static tuple => tuple.Elements.Select(NameOf)))
            .OfType<string>()
            .Distinct()
            .ToList();
        into.Add(new Assign(id, (names.Count == 0 ? ["_"] : names).ToEquatableArray(), ids.Unreadable(id)));
    }

    private static string? NameOf(IOperation target) => target switch
    {
        ILocalReferenceOperation local => local.Local.Name,
        IParameterReferenceOperation parameter => parameter.Parameter.Name,
        IDiscardOperation => "_",
        IDeclarationExpressionOperation declaration => NameOf(declaration.Expression),
        _ => null,
    };

    private static Location FirstToken(IOperation operation) => operation.Syntax.GetFirstToken().GetLocation();

    private static (string What, string Hint) Words(IOperation operation) => operation switch
    {
        IForLoopOperation => ("`for`", "Loop over a stack of blocks with `foreach (var block in Blocks)`"),
        IWhileLoopOperation => ("`while`", "Loop over a stack of blocks with `foreach (var block in Blocks)`"),
        ILocalFunctionOperation local => ($"The local function '{local.Symbol.Name}'", "Make it a method of the class"),
        IThrowOperation => ("`throw`", "The text is read, not run"),
        IReturnOperation => ("`return` without a value", "A model's function returns a tensor or a tuple"),
        ISwitchOperation => ("`switch`", "Options are decided when a checkpoint is loaded"),
        IExpressionStatementOperation { Operation: IInvocationOperation call } => ($"A call of '{call.TargetMethod.Name}' whose result is not used", "Operations have no effects; assign the result"),
        IExpressionStatementOperation => ("This statement", "A model's function declares and assigns locals, loops over stacks and returns"),
        _ => ("This statement", "A model's function declares and assigns locals, loops over stacks and returns"),
    };
}
