using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <content>Attributes and their arguments, used in a body or not.</content>
internal sealed partial class ShapeEvaluator
{
    private static readonly IReadOnlyList<string> Numbers = ["int", "float", "bool", "string"];

    private void CheckClass(ClassText type)
    {
        if (!type.Syntax.Modifiers.Any(SyntaxKind.PartialKeyword) || type.Syntax.Modifiers.Any(SyntaxKind.StaticKeyword)
            || (type.BaseName is not null && type.Base is null)
            || type.Syntax.TypeParameterList is not null || type.Syntax.ParameterList is not null || type.Syntax.Parent is TypeDeclarationSyntax)
        {
            Fail(type.Syntax, ErrorKind.Declaration, "a class of this form");
        }

        foreach (var property in type.Properties)
            CheckProperty(type, property);
        foreach (var group in type.Properties.Where(IsOf("Weight"))
            .GroupBy(property => ClassText.TextOf(ClassText.Argument(ClassText.RoleOf(property)!, 0))))
        {
            if (group.Skip(1).FirstOrDefault(other => !Same(Weight(type, group.First()), Weight(type, other))) is { } other)
                Fail(other, ErrorKind.Shape, $"`{group.Key}` has two shapes");
        }

        CheckMethods(type);
        if (type.IsModel)
            CheckNames(type);
    }

    // The generated part of a model contains fields for its settings, and members to load and run it. An inherited setting has a field, too.
    private void CheckNames(ClassText type)
    {
        var taken = type
            .Lineage()
            .SelectMany(static declaring => declaring.Properties)
            .Where(static property => ClassText.RoleOf(property)?.Name.ToString() is "Dim" or "Option")
            .Select(static property => property.Identifier.Text)
            .Select(static name => $"_{char.ToLowerInvariant(name[0])}{name[1..]}").Append("Layout").Append("Load").ToHashSet();
        foreach (var member in type.Syntax.Members.Where(member =>
            member is FieldDeclarationSyntax field
                ? field.Declaration.Variables.Any(variable => taken.Contains(variable.Identifier.Text))
                : member is MethodDeclarationSyntax method && taken.Contains(method.Identifier.Text)))
            Fail(member, ErrorKind.Declaration, "a name that is taken");
    }

    private static Func<PropertyDeclarationSyntax, bool> IsOf(string role) => property => ClassText.RoleOf(property)?.Name.ToString() == role;

    private static bool Same(Value a, Value b) => a == Value.Unknown || b == Value.Unknown || a.Equals(b);

    private void CheckProperty(ClassText type, PropertyDeclarationSyntax property)
    {
        var (roles, kind) = (ClassText.RolesOf(property).ToList(), property.Type.ToString());
        if (roles.Count != 1)
        {
            if (roles.Count > 1 || property.Modifiers.Any(SyntaxKind.PartialKeyword))
                Fail(property, ErrorKind.Declaration, $"{roles.Count} roles");
            return;
        }

        var (role, isBound) = (roles[0], property.Modifiers.Any(SyntaxKind.PartialKeyword) && !property.Modifiers.Any(SyntaxKind.StaticKeyword));
        if (!isBound || property.AccessorList is not { Accessors: [{ RawKind: (int)SyntaxKind.GetAccessorDeclaration }] })
            Fail(property, ErrorKind.Declaration, "no partial property with `get` alone");
        else if (!Fits(role.Name.ToString(), kind))
            Fail(property, ErrorKind.Declaration, $"{role.Name} of {kind}");
        else if (WhyNot(role, kind) is { } why)
            Fail(property, ErrorKind.Declaration, why);
        else
            CheckTexts(type, property, role);
    }

    private bool Fits(string role, string kind) => role switch
    {
        "Dim" or "StackIndex" => kind == "int",
        "Option" => kind is "Rotary" || Numbers.Contains(kind.Replace("[]", "", StringComparison.Ordinal))
            || !(kind is "Tensor" || Block(kind) is not null),
        "Weight" => kind == "Tensor",
        "Block" => Block(kind) is { IsBlock: true, IsAbstract: false },
        _ => BlockOfStack(kind) is { IsBlock: true, IsAbstract: false },
    };

    private ClassText? BlockOfStack(string kind) =>
        kind.StartsWith("BlockStack<", StringComparison.Ordinal) ? Block(kind["BlockStack<".Length..^1]) : null;

    private ClassText? Block(string name) => _classes.GetValueOrDefault(name);

    private static string? WhyNot(AttributeSyntax role, string kind)
    {
        var (first, fallback) = (ClassText.TextOf(ClassText.Argument(role, 0)), ClassText.Argument(role, "Default"));
        var isEmpty = string.IsNullOrWhiteSpace(first);
        return role.Name.ToString() switch
        {
            "Dim" when isEmpty && string.IsNullOrWhiteSpace(ClassText.TextOf(fallback)) => "neither a path nor a default",
            "Option" when kind == "Rotary" => string.IsNullOrWhiteSpace(ClassText.TextOf(fallback)) ? "no size of a head" : null,
            "Option" when isEmpty => "no path",
            "Option" when fallback is not null && !IsDefault(kind, fallback) => "a default of another type",
            "Weight" when isEmpty || string.IsNullOrWhiteSpace(ClassText.TextOf(ClassText.Argument(role, 1))) => "no name or no shape",
            "Weight" when ClassText.Argument(role, "TiedWhen") is not null && ClassText.Argument(role, "TiedTo") is null => "tied to nothing",
            "Blocks" when first?.Contains("{i}", StringComparison.Ordinal) != true
                || string.IsNullOrWhiteSpace(ClassText.TextOf(ClassText.Argument(role, "Count"))) => "no index or no count",
            _ => null,
        };
    }

    private static bool IsDefault(string kind, ExpressionSyntax value) => (kind.Replace("[]", "", StringComparison.Ordinal), Bare(value)) switch
    {
        ("int", LiteralExpressionSyntax { Token.Value: int }) => true,
        ("float", LiteralExpressionSyntax { Token.Value: int or float or double }) => true,
        ("bool", LiteralExpressionSyntax { RawKind: (int)SyntaxKind.TrueLiteralExpression or (int)SyntaxKind.FalseLiteralExpression }) => true,
        ("string", LiteralExpressionSyntax { Token.Value: string }) => true,
        (_, LiteralExpressionSyntax { Token.Text: "null" or "default" }) => true,
        (not ("int" or "float" or "bool" or "string"), _) => true,
        _ => false,
    };

    private static ExpressionSyntax Bare(ExpressionSyntax value) =>
        value is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression } minus ? minus.Operand : value;

    private void CheckTexts(ClassText type, PropertyDeclarationSyntax property, AttributeSyntax role)
    {
        switch (role.Name.ToString())
        {
            case "Dim" or "Option":
                Member(type, property, false);
                break;
            case "Weight":
                var weight = Weight(type, property);
                if (ClassText.TextOf(ClassText.Argument(role, "TiedTo")) is { } tied)
                    CheckTie(type, property, weight, tied);
                if (ClassText.TextOf(ClassText.Argument(role, "When")) is { } when
                    && !(type.Property(when) is { } option && option.Type.ToString() == "bool" && IsOf("Option")(option)))
                    Fail(property, ErrorKind.Name, $"`{when}` is not a bool option");
                break;
            case "Blocks":
                ListOf(type, role, ClassText.Argument(role, "Count"));
                break;
        }
    }

    private void CheckTie(ClassText type, PropertyDeclarationSyntax property, Value weight, string tied)
    {
        if (type.Property(tied) is not { } other || !IsOf("Weight")(other))
            Fail(property, ErrorKind.Name, $"`{tied}` is not a weight");
        else if (ClassText.Argument(ClassText.RoleOf(other)!, "TiedTo") is not null)
            Fail(property, ErrorKind.Argument, $"`{tied}` is tied itself");
        else if (!Same(weight, Weight(type, other)))
            Fail(property, ErrorKind.Shape, $"tied to `{tied}` of another shape");
    }

    private Value Weight(ClassText type, PropertyDeclarationSyntax property) =>
        ClassText.RoleOf(property) is { } role && ListOf(type, role, ClassText.Argument(role, 1)) is { } axes
            ? new Value.Tensor(false, axes)
            : Value.Unknown;

    /// <summary>The sizes in an attribute, or null for an error.</summary>
    private IReadOnlyList<Ratio>? ListOf(ClassText type, AttributeSyntax role, ExpressionSyntax? argument)
    {
        try
        {
            return ClassText.TextOf(argument) is { } text ? SizeText.List(text, name => SizeOf(type, name, [])) : null;
        }
        catch (FormatException wrong)
        {
            Fail(role, ErrorKind.Name, wrong.Message);
            return null;
        }
    }

    /// <summary>The value of a dim or an int option; null if the name is undefined.</summary>
    private Ratio? SizeOf(ClassText type, string name, HashSet<string> pending)
    {
        if (type.Property(name) is not { } property
            || property.Type.ToString() != "int"
            || ClassText.RoleOf(property) is not { } role
            || role.Name.ToString() == "StackIndex")
            return null;
        if (!pending.Add(name))
            throw new FormatException($"`{name}` leads back to itself");
        var (path, fallback) = (ClassText.TextOf(ClassText.Argument(role, 0)), ClassText.Argument(role, "Default"));
        var byDefault = ClassText.TextOf(fallback) is { } text ? SizeText.One(text, other => SizeOf(type, other, [.. pending])) : (Ratio?)null;

        // Two classes that read one setting have one size, unless their defaults differ.
        return string.IsNullOrEmpty(path) ? byDefault : _sizes[$"{path}:{byDefault?.ToString() ?? fallback?.ToString()}"];
    }

    private Value Member(ClassText type, PropertyDeclarationSyntax property, bool isInStack)
    {
        if (ClassText.RoleOf(property) is not { } role)
            return Value.Unknown;
        switch (role.Name.ToString())
        {
            case "StackIndex":
                return isInStack ? new Value.Number(null, false) : Fail(property, ErrorKind.Construct, "in no stack");
            case "Weight":
                return Weight(type, property);
            case "Block":
                return Block(property.Type.ToString()) is { } block ? new Value.Block(block, isInStack) : Value.Unknown;
            case "Blocks":
                return BlockOfStack(property.Type.ToString()) is { } inner ? new Value.Stack(inner) : Value.Unknown;
            case "Option" when property.Type.ToString() == "Rotary":
                return ListOf(type, role, ClassText.Argument(role, "Default")) is null ? Value.Unknown : new Value.Rotary();
        }

        try
        {
            var kind = property.Type.ToString();
            Value item = kind.TrimEnd('[', ']') switch
            {
                "int" when kind == "int" => new Value.Number(SizeOf(type, property.Identifier.Text, []), false),
                "int" or "float" => new Value.Number(null, false),
                "bool" => new Value.Truth(null),
                _ => new Value.Text(),
            };
            return kind.EndsWith("[]", StringComparison.Ordinal) ? new Value.List(item) : item;
        }
        catch (FormatException wrong)
        {
            return Fail(role, ErrorKind.Name, wrong.Message);
        }
    }

    private void CheckMethods(ClassText type)
    {
        if (type.IsModel && type.Method("Forward") is null)
            Fail(type.Syntax, ErrorKind.Declaration, "no Forward");
        foreach (var method in type.Methods.Where(method => ReturnsTensors(method) || method.Identifier.Text == "Forward"))
        {
            if (type.Method(method.Identifier.Text) != method
                || method.TypeParameterList is not null
                || method.Modifiers.Any(SyntaxKind.AsyncKeyword)
                || method.ParameterList.Parameters.Any(static parameter => !IsParameter(parameter)))
                Fail(method, ErrorKind.Declaration, "a method of this form");
            var isEntry = IsEntry(method) || (type.IsModel && method.Identifier.Text == "Forward");
            if (isEntry
                && (!type.IsModel || method.ReturnType.ToString() != "Tensor" || method.Modifiers.Any(SyntaxKind.StaticKeyword)
                    || method.ParameterList.Parameters.FirstOrDefault()?.Type?.ToString() != "Tokens"
                || method.ParameterList.Parameters.Skip(1)
                    .Any(static parameter => parameter.Type!.ToString() != "Tokens" && parameter.AttributeLists.Count == 0)))
            {
                Fail(method, ErrorKind.Declaration, "an entry of this form");
            }
        }
    }

    private static bool ReturnsTensors(MethodDeclarationSyntax method) =>
        method.ReturnType.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Any(static name => name.Identifier.Text == "Tensor");

    private static bool IsParameter(ParameterSyntax parameter) =>
        parameter.Modifiers.Count == 0 && parameter.Type!.ToString().TrimEnd('?') is not ("long" or "decimal" or "object" or "int[]" or "Tensor[]");
}
