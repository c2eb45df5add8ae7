using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Reading;

/// <summary>Reads expressions. An expression that cannot be read is reported and replaced by a placeholder; reading continues.</summary>
internal sealed class ExpressionReader(INamedTypeSymbol type, MemberTable members, IdTable ids, Action<IMethodSymbol> called)
{
    /// <summary>Current values of the variables of unrolled loops.</summary>
    public Dictionary<ILocalSymbol, int> Constants { get; } = new(SymbolEqualityComparer.Default);

    public Expression Read(IOperation operation)
    {
        operation = Unwrap(operation);
        var id = ids.Next(operation.Syntax.GetLocation());
        if (operation.ConstantValue is { HasValue: true, Value: var value } && Constant(id, operation.Type, value) is { } constant)
            return constant;

        switch (operation)
        {
            case { Type.TypeKind: TypeKind.Error }:
                // C# reports this itself.
                return ids.Unreadable(id);
            case ILocalReferenceOperation { Local: var variable } when Constants.TryGetValue(variable, out var round):
                return new Number(id, round, true);
            case ILocalReferenceOperation local:
                return new LocalRef(id, local.Local.Name);
            case IParameterReferenceOperation parameter:
                return new LocalRef(id, parameter.Parameter.Name);
            case IPropertyReferenceOperation property:
                return Property(id, property);
            case IArrayElementReferenceOperation { Indices: [var index] } element:
                return new ItemOf(id, Read(element.ArrayReference), Read(index));
            case IFieldReferenceOperation { Instance: { } tuple, Field: { ContainingType.IsTupleType: true } field }:
                return new ItemOf(id, Read(tuple), new Number(ids.Next(operation.Syntax.GetLocation()), PlaceOf(field), true));
            case IBinaryOperation { IsLifted: false } binary:
                return Binary(id, binary, binary.OperatorKind, binary.LeftOperand, binary.RightOperand);
            case IUnaryOperation { IsLifted: false, OperatorKind: UnaryOperatorKind.Not } unary when Known.Is(unary.Type, "Score"):
                return IsZero(id, unary, Read(unary.Operand));
            case IUnaryOperation { IsLifted: false, OperatorKind: UnaryOperatorKind.Not } unary:
                return new HostOp(id, "!", EquatableArray.Of(Read(unary.Operand)));
            case IConditionalOperation { WhenFalse: { } whenFalse, Type: not null } conditional:
                return new Conditional(id, Read(conditional.Condition), Read(conditional.WhenTrue), Read(whenFalse));
            case ISwitchExpressionOperation choice:
                return Arm(id, choice, 0);
            case IIsPatternOperation match:
                return Match(id, match.Value, match.Pattern);
            case IFieldReferenceOperation { Field: { IsStatic: true, IsReadOnly: true } field } when InitialValue(field, operation) is { } initial
                && Constant(id, field.Type, initial) is { } known:
                return known;
            case IUnaryOperation { IsLifted: false, OperatorKind: UnaryOperatorKind.Minus } unary:
                return Op(id, "Negate", ("x", unary.Operand));
            case IInvocationOperation call:
                return Call(id, call);
            case ITupleOperation tuple:
                return new TupleOf(id, tuple.Elements.Select(Read).ToEquatableArray());
            case IArrayCreationOperation { Initializer: { } initializer, DimensionSizes.Length: 1 }:
                return new TupleOf(id, initializer.ElementValues.Select(Read).ToEquatableArray());
            case ICollectionExpressionOperation collection when !collection.Elements.Any(static element => element is ISpreadOperation):
                return new TupleOf(id, collection.Elements.Select(Read).ToEquatableArray());
            case IDelegateCreationOperation { Target: IAnonymousFunctionOperation lambda }:
                return Lambda(id, lambda);
            case IAnonymousFunctionOperation lambda:
                return Lambda(id, lambda);
            case IConversionOperation { Conversion.Exists: false } or IConversionOperation { IsImplicit: true, Conversion.IsImplicit: false }:
            case var _ when IsLeftToCSharp(operation):
                return ids.Unreadable(id);
            default:
                return Unsupported(id, operation);
        }
    }

    /// <summary>The condition under which a clause of a <c>switch</c> accepts a value.</summary>
    public Expression Match(IOperation value, ICaseClauseOperation clause)
    {
        var id = ids.Next(clause.Syntax.GetLocation());
        return clause switch
        {
            ISingleValueCaseClauseOperation single => new HostOp(id, "==", EquatableArray.Of(Read(value), Read(single.Value))),
            IPatternCaseClauseOperation pattern => Guarded(id, Match(id, value, pattern.Pattern), pattern.Guard),
            _ => Unsupported(id, clause),
        };
    }

    private Expression Arm(int id, ISwitchExpressionOperation choice, int at)
    {
        // C# reports missing arms, so the last arm needs no condition.
        var arm = choice.Arms[at];
        if (at == choice.Arms.Length - 1 || arm is { Pattern: IDiscardPatternOperation, Guard: null })
            return Read(arm.Value);
        var condition = Guarded(id, Match(ids.Next(arm.Pattern.Syntax.GetLocation()), choice.Value, arm.Pattern), arm.Guard);
        return new Conditional(id, condition, Read(arm.Value), Arm(ids.Next(choice.Syntax.GetLocation()), choice, at + 1));
    }

    private Expression Guarded(int id, Expression condition, IOperation? guard) =>
        guard is null ? condition : new HostOp(id, "&&", EquatableArray.Of(condition, Read(guard)));

    private Expression Match(int id, IOperation value, IPatternOperation pattern)
    {
        switch (pattern)
        {
            case IDiscardPatternOperation:
                return new Truth(id, true);
            case IConstantPatternOperation constant:
                return new HostOp(id, "==", EquatableArray.Of(Read(value), Read(constant.Value)));
            case IRelationalPatternOperation relation when HostOperator(relation.OperatorKind) is { } host:
                return new HostOp(id, host, EquatableArray.Of(Read(value), Read(relation.Value)));
            case INegatedPatternOperation negated:
                return new HostOp(id, "!", EquatableArray.Of(Match(ids.Next(negated.Syntax.GetLocation()), value, negated.Pattern)));
            case IBinaryPatternOperation binary:
                var left = Match(ids.Next(binary.LeftPattern.Syntax.GetLocation()), value, binary.LeftPattern);
                var right = Match(ids.Next(binary.RightPattern.Syntax.GetLocation()), value, binary.RightPattern);
                return new HostOp(id, binary.OperatorKind == BinaryOperatorKind.And ? "&&" : "||", EquatableArray.Of(left, right));
            default:
                ids.Report(
                    Descriptors.Expression.Id,
                    id,
                    $"The pattern `{pattern.Syntax}`",
                    "A model can use constants, comparisons, `and`, `or`, `not` and `_` as patterns");
                return ids.Unreadable(id);
        }
    }

    // The value of a static readonly field with a constant initializer. A static constructor could assign another one.
    private static object? InitialValue(IFieldSymbol field, IOperation use)
    {
        if (field.DeclaringSyntaxReferences is not [var reference]
            || reference.GetSyntax() is not VariableDeclaratorSyntax { Initializer.Value: { } value }
            || use.SemanticModel is not { } model
            || !model.Compilation.ContainsSyntaxTree(reference.SyntaxTree)
            || field.ContainingType.StaticConstructors.Any(static constructor => !constructor.IsImplicitlyDeclared))
        {
            return null;
        }

        return model.Compilation.GetSemanticModel(reference.SyntaxTree).GetConstantValue(value) is { HasValue: true, Value: var constant }
            ? constant
            : null;
    }

    /// <summary>The value that <c>target op= value</c> assigns.</summary>
    public Expression ReadCompound(ICompoundAssignmentOperation assignment)
    {
        var id = ids.Next(assignment.Syntax.GetLocation());
        return assignment.Type is { TypeKind: TypeKind.Error }
            ? ids.Unreadable(id)
            : Binary(id, assignment, assignment.OperatorKind, assignment.Target, assignment.Value);
    }

    /// <summary>Whether C# reports the operation: it could not bind it, or it is a method without a call.</summary>
    public static bool IsLeftToCSharp(IOperation operation) =>
        operation is IInvalidOperation or { Kind: OperationKind.None, Type: null, Syntax: SimpleNameSyntax or MemberAccessExpressionSyntax };

    /// <summary>The operand below conversions that have no effect in a model: from numbers to tensors or scores, from ints to floats.</summary>
    public static IOperation Unwrap(IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IConversionOperation { ConstantValue.HasValue: false } conversion when Harmless(conversion):
                    operation = conversion.Operand;
                    break;
                case IParenthesizedOperation parenthesized:
                    operation = parenthesized.Operand;
                    break;
                case IUnaryOperation { OperatorKind: UnaryOperatorKind.Plus or UnaryOperatorKind.True } plus:
                    operation = plus.Operand;
                    break;
                default:
                    return operation;
            }
        }
    }

    // A conversion to int can round, so it is a computation.
    private static bool Harmless(IConversionOperation conversion) =>
        (conversion.IsImplicit && conversion.Conversion.IsImplicit)
        || conversion.Conversion.IsUserDefined
        || conversion.Conversion.IsReference
        || conversion.Conversion.IsIdentity
        || (Known.IsNumeric(conversion.Type)
            && Known.IsNumeric(conversion.Operand.Type)
            && (Known.IsInteger(conversion.Operand.Type) || !Known.IsInteger(conversion.Type)));

    /// <summary>The index of a tuple's field, which can have a name of its own.</summary>
    private static int PlaceOf(IFieldSymbol field)
    {
        var fields = field.ContainingType.TupleElements;
        for (var i = 0; i < fields.Length; i++)
        {
            if (field.Name == fields[i].Name
                || SymbolEqualityComparer.Default.Equals(field.CorrespondingTupleField, fields[i].CorrespondingTupleField))
                return i;
        }

        return -1;
    }

    private static Expression? Constant(int id, ITypeSymbol? constantType, object? value) => value switch
    {
        bool truth => new Truth(id, truth),
        string text => new Text(id, text),
        float number => new Number(id, number, false),
        double number => new Number(id, number, false),
        decimal number => new Number(id, (double)number, false),
        _ when constantType is { TypeKind: TypeKind.Enum } => OptionForm.MemberOf(constantType, value!) is { } member ? new Text(id, member) : null,
        int number => new Number(id, number, true),
        long number => new Number(id, number, true),
        uint number => new Number(id, number, true),
        short number => new Number(id, number, true),
        byte number => new Number(id, number, true),
        _ => null,
    };

    private OpCall Op(int id, string method, params (string Parameter, IOperation Value)[] arguments) =>
        new(id, method, arguments.Select(argument => new Argument(argument.Parameter, Read(argument.Value))).ToEquatableArray());

    private Expression Binary(int id, IOperation operation, BinaryOperatorKind kind, IOperation left, IOperation right)
    {
        // C# compares numbers, or two tensors as objects.
        if (operation is IBinaryOperation { OperatorMethod: null } && (Known.IsTensor(left.Type) || Known.IsTensor(right.Type)))
            return ids.Unreadable(id);
        if (HostOperator(kind) is { } host && operation.Type?.SpecialType is SpecialType.System_Boolean or SpecialType.System_Int32)
            return new HostOp(id, host, EquatableArray.Of(Read(left), Read(right)));
        if (Known.Is(operation.Type, "Score") && ScoreOperation(id, operation, kind, left, right) is { } score)
            return score;

        if (kind == BinaryOperatorKind.Add && Known.Is(operation.Type, "Tokens"))
            return Op(id, "Shift", ("tokens", left), ("by", right));

        var method = kind switch
        {
            BinaryOperatorKind.Add => "Add",
            BinaryOperatorKind.Subtract => "Subtract",
            BinaryOperatorKind.Multiply => "Multiply",
            BinaryOperatorKind.Divide => "Divide",
            _ => null,
        };
        if (method is null || operation.Type?.SpecialType == SpecialType.System_String)
            return Unsupported(
                id,
                operation,
                "A model can use + - * / on tensors and numbers, and comparisons, && || ! and % on values that the checkpoint decides");

        // Dims are ints. If the author divides them as floats, the quotient must not be truncated: (float)a / b is read as (a * 1.0) / b.
        if (method == "Divide" && !Known.IsInteger(operation.Type) && IsIntegerSize(left) && IsIntegerSize(right))
        {
            var leftId = ids.Next(left.Syntax.GetLocation());
            var whole = Read(left);
            var one = new Number(ids.Next(left.Syntax.GetLocation()), 1, false);
            var floating = new OpCall(leftId, "Multiply", EquatableArray.Of(new Argument("left", whole), new Argument("right", one)));
            return new OpCall(id, method, EquatableArray.Of(new Argument("left", floating), new Argument("right", Read(right))));
        }

        return Op(id, method, ("left", left), ("right", right));
    }

    /// <summary>Comparisons and conditions inside a lambda of attention are operations that give 1 for true and 0 for false.</summary>
    private OpCall? ScoreOperation(int id, IOperation operation, BinaryOperatorKind kind, IOperation left, IOperation right)
    {
        Number Number(double value) => new(ids.Next(operation.Syntax.GetLocation()), value, true);
        OpCall Where(Expression condition, Expression a, Expression b) =>
            new(id, "Where", EquatableArray.Of(new Argument("condition", condition), new Argument("a", a), new Argument("b", b)));

        return kind switch
        {
            BinaryOperatorKind.LessThan => Op(id, "Less", ("left", left), ("right", right)),
            BinaryOperatorKind.LessThanOrEqual => Op(id, "LessOrEqual", ("left", left), ("right", right)),
            BinaryOperatorKind.GreaterThan => Op(id, "Greater", ("left", left), ("right", right)),
            BinaryOperatorKind.GreaterThanOrEqual => Op(id, "GreaterOrEqual", ("left", left), ("right", right)),
            BinaryOperatorKind.Equals => Op(id, "EqualTo", ("left", left), ("right", right)),
            BinaryOperatorKind.NotEquals =>
                IsZero(ids.Next(operation.Syntax.GetLocation()), operation, Op(id, "EqualTo", ("left", left), ("right", right))),
            BinaryOperatorKind.And or BinaryOperatorKind.ConditionalAnd => Where(Read(left), Read(right), Number(0)),
            BinaryOperatorKind.Or or BinaryOperatorKind.ConditionalOr => Where(Read(left), Number(1), Read(right)),
            _ => null,
        };
    }

    private OpCall IsZero(int id, IOperation operation, Expression x) =>
        new(
            id,
            "EqualTo",
            EquatableArray.Of(new Argument("left", x), new Argument("right", new Number(ids.Next(operation.Syntax.GetLocation()), 0, true))));

    private static string? HostOperator(BinaryOperatorKind kind) => kind switch
    {
        BinaryOperatorKind.Equals => "==",
        BinaryOperatorKind.NotEquals => "!=",
        BinaryOperatorKind.LessThan => "<",
        BinaryOperatorKind.LessThanOrEqual => "<=",
        BinaryOperatorKind.GreaterThan => ">",
        BinaryOperatorKind.GreaterThanOrEqual => ">=",
        BinaryOperatorKind.ConditionalAnd or BinaryOperatorKind.And => "&&",
        BinaryOperatorKind.ConditionalOr or BinaryOperatorKind.Or => "||",
        BinaryOperatorKind.Remainder => "%",
        _ => null,
    };

    private static bool IsIntegerSize(IOperation operation) =>
        Unwrap(operation) is { ConstantValue.HasValue: false } bare && Known.IsInteger(bare.Type);

    private Expression Property(int id, IPropertyReferenceOperation reference)
    {
        var property = reference.Property;
        if (property.IsIndexer && Known.IsTensor(property.ContainingType))
            return reference.Arguments is [var index, var column]
                ? Op(id, "Gather", ("table", reference.Instance!), ("tokens", index.Value), ("column", column.Value))
                : Op(id, "Gather", ("table", reference.Instance!), ("tokens", reference.Arguments[0].Value));
        if (property is { IsIndexer: true, Parameters.Length: 1,
            ContainingType.OriginalDefinition.SpecialType: SpecialType.System_Collections_Generic_IReadOnlyList_T })
            return new ItemOf(id, Read(reference.Instance!), Read(reference.Arguments[0].Value));
        if (Known.Is(property.ContainingType, "Position"))
            return new PropertyRef(id, Read(reference.Instance!), property.Name);

        if (reference.Instance is IInstanceReferenceOperation)
        {
            switch (members.Find(property)?.Role)
            {
                case MemberRole.Broken:
                    return ids.Unreadable(id);
                case { }:
                    return new MemberRef(id, property.Name);
                default:
                    return Unknown(
                        id,
                        property.Name,
                        $"it is not a dim, option, weight or block of '{type.Name}'. {AdviceFor(property)}");
            }
        }

        if (Known.IsBlockClass(property.ContainingType) || Known.IsModelClass(property.ContainingType))
            return Unknown(
                id,
                $"{reference.Instance?.Syntax}.{property.Name}",
                $"only the methods of '{property.ContainingType.Name}' can read its members; call one");
        return Unknown(id, property.Name, "it is not part of Cambium's authoring API");
    }

    private static string AdviceFor(IPropertySymbol property) => property.Type switch
    {
        var found when Known.IsTensor(found) && !property.IsPartialDefinition =>
            "Make it a method, `private Tensor " + property.Name
                + "() => ..`; or, if the checkpoint has it, a partial property with [Weight(\"name\", \"shape\")]",
        var found when Known.IsTensor(found) => "Give it the attribute [Weight(\"name in the checkpoint\", \"shape\")]",
        { SpecialType: SpecialType.System_Int32 } => "Make it a partial property with [Dim(Default = \"..\")], for a number computed from dims",
        var found when Known.IsBlockClass(found) => "Make it a partial property with [Block(\"prefix\")]",
        var found when OptionForm.Of(found) is not null => "Make it a partial property with [Option(\"path in config.json\")], or a method",
        _ => "Only properties with [Dim], [Option], [Weight], [Block] or [Blocks] have a value when a model is compiled",
    };

    private Expression Call(int id, IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (Known.Is(method.ContainingType, "Operations"))
            return new OpCall(id, method.Name, OperationArguments(call.Arguments));
        if (MathOperation(method) is { } math)
            return new OpCall(id, math, OperationArguments(call.Arguments));

        // Reported at its declaration.
        if (method.MethodKind == MethodKind.LocalFunction)
            return ids.Unreadable(id);

        if (Known.Extends(type, method.ContainingType) && call.Instance is null or IInstanceReferenceOperation)
            return OwnCall(id, call, method);

        if (call.Instance is { } instance && Known.IsBlockClass(method.ContainingType))
        {
            var target = Read(instance);
            var arguments = FunctionArguments(call);
            return ReturnsTensors(id, $"{instance.Syntax}.{method.Name}", method) && FunctionForm.CanBeCalled(method)
                ? new BlockCall(id, target, method.Name, arguments)
                : ids.Unreadable(id);
        }

        // Read the arguments first, so that their errors are reported, too.
        foreach (var argument in call.Arguments)
            Read(argument.Value);
        ids.Report(Descriptors.UnknownCall.Id, id, $"{method.ContainingType?.Name}.{method.Name}", type.Name);
        return ids.Unreadable(id);
    }

    /// <summary>A call of a function of the class or of a base class.</summary>
    private Expression OwnCall(int id, IInvocationOperation call, IMethodSymbol method)
    {
        var arguments = FunctionArguments(call);
        var isOwn = SymbolEqualityComparer.Default.Equals(method.ContainingType, type);

        // The spec of a base class contains only the functions that return tensors or are virtual. Its other helpers are read as functions of this
        // class.
        var isOfBase = !isOwn && (Known.ReturnsTensors(method) || FunctionForm.IsVirtual(method));
        if (!isOwn && !isOfBase && DeclarationReader.AssemblyOf(method.ContainingType, type) is not null && !ReturnsTensors(id, method.Name, method))
            return ids.Unreadable(id);

        // Read the function even if it cannot be called: its errors are reported there.
        if (!isOfBase)
            called(method);
        return FunctionForm.CanBeCalled(method)
            ? new BlockCall(id, null, method.Name, arguments) { IsOfBase = isOfBase && call.Instance?.Syntax is BaseExpressionSyntax }
            : ids.Unreadable(id);
    }

    private bool ReturnsTensors(int id, string name, IMethodSymbol method)
    {
        if (Known.ReturnsTensors(method))
            return true;
        ids.Report(
            Descriptors.UnknownMember.Id,
            id,
            name,
            $"a model can call only methods of '{method.ContainingType.Name}' that return tensors, "
                + $"but this returns {method.ReturnType.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}");
        return false;
    }

    /// <summary>The operation that computes a function of <see cref="Math"/> or <see cref="MathF"/> on numbers.</summary>
    private static string? MathOperation(IMethodSymbol method)
    {
        if (method.ContainingType is not { Name: "Math" or "MathF",
            ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } })
            return null;
        return (method.Name, method.Parameters.Length) switch
        {
            ("Sqrt" or "Exp" or "Log" or "Abs" or "Tanh" or "Floor" or "Ceiling" or "Round", 1) => method.Name,
            ("Min", 2) => "Minimum",
            ("Max", 2) => "Maximum",
            _ => null,
        };
    }

    private EquatableArray<Argument> OperationArguments(IEnumerable<IArgumentOperation> arguments)
    {
        var read = new List<Argument>();
        foreach (var argument in arguments)
        {
            // `null` for an optional argument counts as omitted.
            if (argument.ArgumentKind == ArgumentKind.DefaultValue || Unwrap(argument.Value) is { ConstantValue: { HasValue: true, Value: null } })
                continue;
            var parameter = argument.Parameter!;
            var name = parameter.ContainingType is { Name: "Math" or "MathF" }
                ? parameter.ContainingSymbol is IMethodSymbol { Parameters.Length: 1 } ? "x" : parameter.Ordinal == 0 ? "left" : "right"
                : parameter.Name;
            read.Add(new Argument(name, Read(argument.Value)));
        }

        return read.ToEquatableArray();
    }

    // By position and with defaults, so that each parameter has a value.
    private EquatableArray<Expression> FunctionArguments(IInvocationOperation call) =>
        call.Arguments.OrderBy(static argument => argument.Parameter!.Ordinal).Select(argument => Read(argument.Value)).ToEquatableArray();

    private Expression Lambda(int id, IAnonymousFunctionOperation lambda)
    {
        if (lambda.Body.Operations is [IReturnOperation { ReturnedValue: { } body }])
            return new LambdaOf(id, lambda.Symbol.Parameters.Select(static parameter => parameter.Name).ToEquatableArray(), Read(body));
        ids.Report(Descriptors.Expression.Id, id, "A lambda with statements", "Write one expression: `(s, at) => ..`");
        return ids.Unreadable(id);
    }

    private Expression Unknown(int id, string name, string why)
    {
        ids.Report(Descriptors.UnknownMember.Id, id, name, why);
        return ids.Unreadable(id);
    }

    private Expression Unsupported(int id, IOperation operation, string? hint = null)
    {
        if (operation is IFieldReferenceOperation { Field: var field } && field.ContainingType?.IsTupleType != true)
            return Unknown(id, field.Name, "a field has no value when a model is compiled. Use a property with [Dim] or [Option], or a constant");

        // A member with an error is reported where it is declared.
        if (operation.DescendantsAndSelf()
            .OfType<IPropertyReferenceOperation>()
            .Any(reference => members.Find(reference.Property)?.Role == MemberRole.Broken))
            return ids.Unreadable(id);

        var (what, advice) = operation switch
        {
            IConversionOperation { Operand.ConstantValue: { HasValue: true, Value: null } } =>
                ("`null`", "Omit an optional argument; other arguments need a value"),
            IConversionOperation conversion => (
                $"The conversion to {conversion.Type?.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}",
                "It would round; compute sizes with [Dim(Default = \"..\")]"),
            IObjectCreationOperation => ("`new`", "Declare blocks as properties with [Block] or [Blocks]; numbers convert to tensors implicitly"),
            IAssignmentOperation or IDeconstructionAssignmentOperation => ("An assignment inside an expression", "Make it a separate statement"),
            IDelegateCreationOperation => ("A method as a value", "Write a lambda: `(s, at) => ..`"),
            IAwaitOperation => ("`await`", "Models are compiled, not run"),
            IInstanceReferenceOperation => ("`this` as a value", "Name the member"),
            _ => ("This expression", "A model can use its members, locals, literals and the operations of Cambium"),
        };
        ids.Report(Descriptors.Expression.Id, id, what, hint ?? advice);
        return ids.Unreadable(id);
    }
}
