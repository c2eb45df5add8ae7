using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Reading;

/// <summary>Reads the statements of a function. A statement that cannot be read is reported, and its locals get an unreadable value.</summary>
/// <param name="type">The class that the function belongs to.</param>
/// <param name="members">The members of that class.</param>
/// <param name="called">Receives the class's methods that the function calls.</param>
internal sealed class FunctionReader(
    INamedTypeSymbol type,
    MemberTable members,
    IdTable ids,
    Action<IMethodSymbol> called,
    CancellationToken cancellation)
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
            case IVariableDeclarationGroupOperation or IExpressionStatementOperation or IReturnOperation when operation.Syntax.ContainsDiagnostics:
                // The statement is incomplete, and its readable part could have another meaning.
                AssignUnreadable(operation, ids.Next(operation.Syntax.GetLocation()), into);
                break;
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
                AssignUnreadable(operation, ids.Next(operation.Syntax.GetLocation()), into);
                break;
            case IConditionalOperation choice:
                Choose(choice, into);
                break;
            case IForEachLoopOperation loop:
                ForEach(loop, into);
                break;
            case ISwitchOperation choice:
                Switch(
                    choice.Value,
                    [.. choice.Cases.OrderBy(static section => section.Clauses.Any(static clause => clause is IDefaultCaseClauseOperation))],
                    0,
                    into);
                break;
            case IForLoopOperation loop when Unrolling.Of(loop) is { } rounds:
                foreach (var value in rounds.Values)
                {
                    _expressions.Constants[rounds.Variable] = value;
                    Read(loop.Body, into);
                }

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

        if (!IsLeftToCSharp(target))
            ids.ReportAt(
                Descriptors.Statement.Id,
                target.Syntax.GetLocation(),
                $"Assigning to `{target.Syntax}`",
                "A model's method can assign to locals only");
        into.Add(new Assign(id, EquatableArray.Of("_"), value()));
    }

    private void Deconstruct(IDeconstructionAssignmentOperation assignment, List<Statement> into)
    {
        var id = ids.Next(assignment.Syntax.GetLocation());
        var target = assignment.Target is IDeclarationExpressionOperation declaration ? declaration.Expression : assignment.Target;
        if (target is not ITupleOperation tuple || !IsOfLocals(tuple))
        {
            if (target is not ITupleOperation { Elements: var elements } || !elements.Any(IsLeftToCSharp))
                ids.ReportAt(
                    Descriptors.Statement.Id,
                    target.Syntax.GetLocation(),
                    $"Assigning to `{target.Syntax}`",
                    "Deconstruct a tuple into locals");
            AssignUnreadable(assignment, id, into);
            return;
        }

        // C# reports a wrong number of targets.
        if (assignment.Value.Type is not INamedTypeSymbol { IsTupleType: true } type || type.TupleElements.Length != tuple.Elements.Length)
        {
            AssignUnreadable(assignment, id, into);
            return;
        }

        into.Add(new Assign(id, Targets(tuple), _expressions.Read(assignment.Value)));
        Inner(tuple, into);
    }

    private static bool IsLeftToCSharp(IOperation target) => target is IInvalidOperation or IPropertyReferenceOperation { Property.SetMethod: null };

    private static bool IsOfLocals(ITupleOperation tuple) =>
        tuple.Elements.All(static element => element is ITupleOperation inner ? IsOfLocals(inner) : NameOf(element) is not null);

    // A nested tuple becomes a local first, with a name that is not an identifier.
    private static EquatableArray<string> Targets(ITupleOperation tuple) =>
        tuple.Elements.Select(static element => element is ITupleOperation inner ? NameOf(inner) : NameOf(element)!).ToEquatableArray();

    private static string NameOf(ITupleOperation tuple) => $"({string.Join(", ", Targets(tuple))})";

    private void Inner(ITupleOperation tuple, List<Statement> into)
    {
        foreach (var inner in tuple.Elements.OfType<ITupleOperation>())
        {
            var id = ids.Next(inner.Syntax.GetLocation());
            into.Add(new Assign(id, Targets(inner), new LocalRef(ids.Next(inner.Syntax.GetLocation()), NameOf(inner))));
            Inner(inner, into);
        }
    }

    // Sections become nested branches. The default is the innermost one, wherever it is in the source.
    private void Switch(IOperation value, IReadOnlyList<ISwitchCaseOperation> sections, int at, List<Statement> into)
    {
        if (at == sections.Count)
            return;
        var section = sections[at];
        var body = section.Body.SelectMany(static statement => statement is IBlockOperation block ? block.Operations.AsEnumerable() : [statement])
            .ToList();
        if (body.Count > 0 && body[body.Count - 1] is IBranchOperation { BranchKind: BranchKind.Break })
            body.RemoveAt(body.Count - 1);
        if (section.Clauses.Any(static clause => clause is IDefaultCaseClauseOperation))
        {
            foreach (var statement in body)
                Read(statement, into);
            return;
        }

        var id = ids.Next(section.Syntax.GetLocation());
        var condition = section.Clauses.Select(clause => _expressions.Match(value, clause))
            .Aggregate((left, right) => new HostOp(left.Id, "||", EquatableArray.Of(left, right)));
        var (then, otherwise) = (new List<Statement>(), new List<Statement>());
        foreach (var statement in body)
            Read(statement, then);
        Switch(value, sections, at + 1, otherwise);
        into.Add(new If(id, condition, then.ToEquatableArray(), otherwise.ToEquatableArray()));
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

        // foreach (var (index, block) in Blocks.Index())
        var isIndexed = collection is IInvocationOperation { TargetMethod: { Name: "Index" } index } && Known.Is(index.ContainingType, "BlockStack");
        if (isIndexed)
            collection = ExpressionReader.Unwrap(((IInvocationOperation)collection).Instance!);
        if (collection is IPropertyReferenceOperation { Instance: IInstanceReferenceOperation, Property: var property }
            && members.Find(property) is { } member
            && Variables(loop.LoopControlVariable, isIndexed) is { } variables)
        {
            var body = new List<Statement>();
            Read(loop.Body, body);
            if (member.Role == MemberRole.Stack)
                into.Add(new ForEach(id, variables.Block, property.Name, body.ToEquatableArray()) { Index = variables.Index });
            else if (member.Role == MemberRole.Broken)
                AssignUnreadable(loop, id, into);
            else
                ReportNoStack();
            return;
        }

        if (!ExpressionReader.IsLeftToCSharp(collection))
            ReportNoStack();
        else
            AssignUnreadable(loop, id, into);
        Read(loop.Body, []);

        void ReportNoStack()
        {
            ids.ReportAt(
                Descriptors.Statement.Id,
                loop.Collection.Syntax.GetLocation(),
                $"A loop over `{loop.Collection.Syntax}`",
                "A model can loop over a stack of blocks, a BlockStack<T> property with [Blocks], "
                    + "with `foreach (var block in Blocks)` or `foreach (var (index, block) in Blocks.Index())`");
            AssignUnreadable(loop, id, into);
        }
    }

    private static (string Block, string? Index)? Variables(IOperation control, bool isIndexed) => control switch
    {
        IVariableDeclaratorOperation block when !isIndexed => (block.Symbol.Name, null),
        IDeclarationExpressionOperation { Expression: ITupleOperation { Elements: [var index, var block] } } when isIndexed
            && NameOf(index) is { } first
            && NameOf(block) is { } second => (second, first == "_" ? null : first),
        ITupleOperation { Elements: [var index, var block] } when isIndexed && NameOf(index) is { } first && NameOf(block) is { } second =>
            (second, first == "_" ? null : first),
        _ => null,
    };

    private void Unsupported(IOperation operation, List<Statement> into)
    {
        var id = ids.Next(operation.Syntax.GetLocation());
        var (what, hint) = Describe(operation);
        if (!IsRejected(operation))
            ids.ReportAt(Descriptors.Statement.Id, FirstToken(operation), what, hint);
        AssignUnreadable(operation, id, into);

        // Read the inner blocks, so that their errors are reported, too.
        foreach (var inner in operation.ChildOperations.OfType<IBlockOperation>())
            Read(inner, []);
    }

    /// <summary>Gives every local that the operation assigns an unreadable value, so that one error does not cause others.</summary>
    private void AssignUnreadable(IOperation operation, int id, List<Statement> into)
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

    /// <summary>Whether C# cannot parse the statement, or rejects the head of a loop.</summary>
    private static bool IsRejected(IOperation statement)
    {
        if (statement.Syntax.ContainsDiagnostics || statement is not IForLoopOperation loop)
            return statement.Syntax.ContainsDiagnostics;
        return loop.Before.Concat(loop.AtLoopBottom).Append(loop.Condition).OfType<IOperation>()
            .SelectMany(static head => head.DescendantsAndSelf())
            .Any(static part => part is IInvalidOperation or IConversionOperation { Conversion.Exists: false } or { Type.TypeKind: TypeKind.Error });
    }

    private static Location FirstToken(IOperation operation) => operation.Syntax.GetFirstToken().GetLocation();

    private static (string What, string Hint) Describe(IOperation operation) => operation switch
    {
        IForLoopOperation => (
            "`for`",
            "Only a loop with constant bounds, `for (var i = 0; i < 4; i++)`, can be unrolled; "
                + "loop over a stack of blocks with `foreach (var block in Blocks)`"),
        IWhileLoopOperation => ("`while`", "Loop over a stack of blocks with `foreach (var block in Blocks)`"),
        ILocalFunctionOperation local => ($"The local function '{local.Symbol.Name}'", "Make it a method of the class"),
        IThrowOperation => ("`throw`", "Models are compiled, not run"),
        IReturnOperation => ("`return` without a value", "A model's method returns a tensor or a tuple"),
        IBranchOperation => ("A jump", "Put the skipped statements into the `if`; end the sections of a `switch` with `break` or `return`"),
        IExpressionStatementOperation { Operation: IInvocationOperation call } =>
            ($"A call of '{call.TargetMethod.Name}' whose result is not used", "Operations have no side effects; assign the result"),
        IExpressionStatementOperation => ("This statement", "A model's method can declare and assign locals, loop over stacks of blocks, and return"),
        _ => ("This statement", "A model's method can declare and assign locals, loop over stacks of blocks, and return"),
    };
}
