using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Reading;

/// <summary>Reads the properties of a class. Each is a dim, an option, a weight, a block or a stack of blocks, or has an error.</summary>
internal sealed class DeclarationReader(INamedTypeSymbol type, Compilation compilation, IdTable ids, MemberTable members)
{
    private const string DefaultArgument = "Default";

    private static readonly Dictionary<string, MemberRole> Roles = new(StringComparer.Ordinal)
    {
        ["Dim"] = MemberRole.Dim, ["Option"] = MemberRole.Option, ["StackIndex"] = MemberRole.Option, ["Weight"] = MemberRole.Weight,
        ["Block"] = MemberRole.Block, ["Blocks"] = MemberRole.Stack,
    };

    public EquatableArray<DimSpec> Dims { get; private set; }

    public EquatableArray<OptionSpec> Options { get; private set; }

    public EquatableArray<WeightSpec> Weights { get; private set; }

    public EquatableArray<ChildSpec> Children { get; private set; }

    /// <summary>
    /// Names of the dims and options whose values a loaded model stores. Rotary tables are not among them: the runtime has another type for
    /// them than the authoring API.
    /// </summary>
    public IEnumerable<string> Bound => Dims.Select(static dim => dim.Name)
        .Concat(Options.Where(static option => option.Kind is not (OptionKind.Rotary or OptionKind.Index)).Select(static option => option.Name));

    private sealed record Declaration(IPropertySymbol Property, AttributeData Attribute, Location Location)
    {
        public string? Argument(int index) =>
            Attribute.ConstructorArguments.ElementAtOrDefault(index) is { Kind: TypedConstantKind.Primitive, Value: string text } ? text : null;

        public TypedConstant Constant(string name) => Attribute.NamedArguments.FirstOrDefault(pair => pair.Key == name).Value;

        public object? Named(string name) =>
            Constant(name) is { Kind: not TypedConstantKind.Error and not TypedConstantKind.Array } constant ? constant.Value : null;
    }

    public void Read(IEnumerable<IPropertySymbol> properties)
    {
        var byRole = properties.Select(Classify)
            .OfType<(string Role, Declaration Declaration)>()
            .ToLookup(static entry => entry.Role, static entry => entry.Declaration);
        Dims = Read(byRole["Dim"], Dim);
        Options = Read(byRole["Option"], Option).Concat(Read(byRole["StackIndex"], Index)).ToEquatableArray();
        Weights = Read(byRole["Weight"], Weight);
        Children = byRole["Block"].Concat(byRole["Blocks"]).Select(Child).OfType<ChildSpec>().ToEquatableArray();

        // If an attribute names a member with an error, no second error is reported.
        var broken = new HashSet<string>(
            properties.Where(property => members.Find(property)?.Role == MemberRole.Broken).Select(static property => property.Name),
            StringComparer.Ordinal);
        foreach (var (id, _) in Texts().Where(declaration => declaration.Texts.OfType<string>().SelectMany(Words).Any(broken.Contains)))
            ids.Unreadable(id);
    }

    private IEnumerable<(int Id, string?[] Texts)> Texts() =>
        Dims.Select(static dim => (dim.Id, new[] { dim.Default }))
            .Concat(Options.Select(static option => (option.Id, new[] { option.Kind == OptionKind.Rotary ? option.Default : null })))
            .Concat(Weights.Select(static weight => (weight.Id, new[] { weight.Shape, weight.When, weight.TiedTo })))
            .Concat(Children.Select(static child => (child.Id, new[] { child.Count })));

    private static string[] Words(string text) =>
        new string([.. text.Select(static letter => char.IsLetterOrDigit(letter) || letter == '_' ? letter : ' ')]).Split(' ');

    private static EquatableArray<T> Read<T>(IEnumerable<Declaration> declarations, Func<Declaration, T?> read)
        where T : class => declarations.Select(read).OfType<T>().ToEquatableArray();

    /// <summary>The role that a property's attribute gives it; null if it has none or an error.</summary>
    private (string Role, Declaration Declaration)? Classify(IPropertySymbol property)
    {
        var attributes = property.GetAttributes()
            .Where(IsRole)
            .ToList();
        if (attributes.Count == 0)
        {
            if (property.IsPartialDefinition && RoleOf(property) is { } missing)
            {
                members.Add(property, MemberRole.Broken);

                // An attribute that C# cannot resolve may be the missing one.
                if (property.GetAttributes().All(static data => data.AttributeClass is not { TypeKind: TypeKind.Error }))
                    ids.ReportAt(Descriptors.NotBound.Id, property.Locations[0], property.Name, missing);
            }

            return null;
        }

        var (role, location) = (RoleName(attributes[0]), LocationOf(attributes[0], property));
        members.Add(property, MemberRole.Broken);
        if (attributes.Count > 1)
        {
            ids.ReportAt(Descriptors.TwoRoles.Id, LocationOf(attributes[1], property), property.Name, role, RoleName(attributes[1]));
            return null;
        }

        if (!property.IsPartialDefinition
            || property.IsStatic
            || property.IsIndexer
            || property.IsOverride
            || property.SetMethod is not null
            || property.GetMethod is null)
        {
            ids.ReportAt(Descriptors.WrongProperty.Id, property.Locations[0], property.Name, TypeName(property.Type));
            return null;
        }

        // C# reports attributes and types that it cannot resolve.
        var arguments = attributes[0].ConstructorArguments.Concat(attributes[0].NamedArguments.Select(static pair => pair.Value));
        var isUnresolved = attributes[0].AttributeConstructor is null
            || property.Type.TypeKind == TypeKind.Error
            || arguments.Any(static argument => argument.Kind == TypedConstantKind.Error);
        return isUnresolved ? null : (role, new Declaration(property, attributes[0], location));
    }

    /// <summary>
    /// The attribute that a property lacks; null if it may be a property of another kind. A number without any attribute is one that was forgotten:
    /// C# says only that the property lacks its second part.
    /// </summary>
    public static string? RoleOf(IPropertySymbol property) => RoleOf(property.Type)
        ?? (property.GetAttributes().Length > 0 || property.IsIndexer || property.PartialImplementationPart is not null ? null
            : property.Type.SpecialType == SpecialType.System_Int32 ? "[Dim(\"name.in.config\")] for a size, or [Option(\"name.in.config\")]"
            : IsSetting(property.Type is IArrayTypeSymbol list ? list.ElementType : property.Type) ? "[Option(\"name.in.config\")]"
            : null);

    private static bool IsSetting(ITypeSymbol type) => type.TypeKind == TypeKind.Enum
        || type.SpecialType is SpecialType.System_Int32 or SpecialType.System_Single or SpecialType.System_Boolean or SpecialType.System_String;

    private static string? RoleOf(ITypeSymbol propertyType) =>
        Known.IsTensor(propertyType) ? "[Weight(\"name.in.the.checkpoint\", \"shape\")]"
        : Known.Is(propertyType, "Rotary") ? "[Option(Default = \"the head size\")]"
        : Known.Is(propertyType, "BlockStack") ? "[Blocks(\"layers.{i}\", Count = ..)]"
        : Known.IsBlockClass(propertyType) ? "[Block(\"prefix\")]"
        : null;

    private int Next(Declaration declaration)
    {
        var id = ids.Next(declaration.Location);
        if (HasUndefinedNameof(declaration.Attribute))
            ids.Unreadable(id);
        return id;
    }

    /// <summary>Whether an attribute contains a <c>nameof</c> of an undefined name. It has a value nevertheless, and C# reports it.</summary>
    private bool HasUndefinedNameof(AttributeData attribute) => attribute.ApplicationSyntaxReference?.GetSyntax() is AttributeSyntax syntax
        && syntax.DescendantNodes().OfType<InvocationExpressionSyntax>().Any(call =>
        call is { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" },
            ArgumentList.Arguments: [{ Expression: IdentifierNameSyntax name }] }
        && type.GetMembers(name.Identifier.Text).IsEmpty
        && compilation.GetSemanticModel(syntax.SyntaxTree).GetSymbolInfo(name) is { Symbol: null, CandidateSymbols.IsEmpty: true });

    private DimSpec? Dim(Declaration declaration)
    {
        var property = declaration.Property;
        var id = Next(declaration);
        if (property.Type.SpecialType != SpecialType.System_Int32)
            return WrongType<DimSpec>(id, declaration, "Dim", "int");
        var (path, fallback) = (declaration.Argument(0), declaration.Named(DefaultArgument) as string);
        if (string.IsNullOrWhiteSpace(path) && string.IsNullOrWhiteSpace(fallback))
            return WrongValue<DimSpec>(
                id,
                declaration,
                "a dim needs a path in config.json, a Default, or both: [Dim(\"hidden_size\")] or [Dim(Default = \"Hidden / Heads\")]");
        members.Add(property, MemberRole.Dim);
        return new DimSpec(id, property.Name, string.IsNullOrWhiteSpace(path) ? null : path, fallback);
    }

    private OptionSpec? Index(Declaration declaration)
    {
        var id = Next(declaration);
        if (declaration.Property.Type.SpecialType != SpecialType.System_Int32)
            return WrongType<OptionSpec>(id, declaration, "StackIndex", "int");
        members.Add(declaration.Property, MemberRole.Option);
        return new OptionSpec(id, declaration.Property.Name, OptionKind.Index, "", null);
    }

    private OptionSpec? Option(Declaration declaration)
    {
        var property = declaration.Property;
        var id = Next(declaration);
        if (OptionForm.Of(property.Type) is not var (kind, isList))
            return WrongType<OptionSpec>(id, declaration, "Option", "int, float, bool, string, an enum, an array of these, or Rotary");

        var path = declaration.Argument(0) ?? "";
        var given = declaration.Named(DefaultArgument);
        if (kind == OptionKind.Rotary)
        {
            if (given is not string size || string.IsNullOrWhiteSpace(size))
                return WrongValue<OptionSpec>(id, declaration, "a Rotary needs the size of a head: [Option(Default = nameof(HeadDim))]");
            members.Add(property, MemberRole.Option);
            return new OptionSpec(id, property.Name, OptionKind.Rotary, path, size);
        }

        if (string.IsNullOrWhiteSpace(path))
            return WrongValue<OptionSpec>(id, declaration, "an option needs a path in config.json: [Option(\"rms_norm_eps\")]");
        string? fallback = null;
        if (given is not null)
        {
            fallback = OptionForm.DefaultOf(kind, property.Type, declaration.Constant(DefaultArgument));
            if (fallback is null)
                return WrongValue<OptionSpec>(
                    id,
                    declaration,
                    $"the default is {declaration.Constant(DefaultArgument).Type?.Name} but the option is "
                        + $"{TypeName(property.Type)}{(isList ? ", whose default is one value for every layer" : "")}");
        }

        members.Add(property, MemberRole.Option);
        return new OptionSpec(id, property.Name, kind, path, fallback)
        {
            IsList = isList,
            Choices = OptionForm.EnumOf(property.Type) is { } values ? OptionForm.Choices(values) : EquatableArray<ChoiceSpec>.Empty,
        };
    }

    private WeightSpec? Weight(Declaration declaration)
    {
        var property = declaration.Property;
        var id = Next(declaration);
        if (!Known.IsTensor(property.Type))
            return WrongType<WeightSpec>(id, declaration, "Weight", "Tensor");
        var (path, shape) = (declaration.Argument(0), declaration.Argument(1));
        if (string.IsNullOrWhiteSpace(path))
            return WrongValue<WeightSpec>(id, declaration, "a weight needs its name in the checkpoint");
        if (string.IsNullOrWhiteSpace(shape))
            return WrongValue<WeightSpec>(id, declaration, "a weight needs its shape, such as \"Vocab, Hidden\"");
        var (tiedTo, tiedWhen) = (declaration.Named("TiedTo") as string, declaration.Named("TiedWhen") as string);
        if (tiedWhen is not null && tiedTo is null)
            return WrongValue<WeightSpec>(id, declaration, "TiedWhen needs TiedTo, the name of the weight to tie to");
        members.Add(property, MemberRole.Weight);
        return new WeightSpec(
            id,
            property.Name,
            path!,
            shape!,
            declaration.Named("When") as string,
            tiedTo,
            tiedWhen)
        {
            IsTransposed = declaration.Named("Transposed") is true,
        };
    }

    private ChildSpec? Child(Declaration declaration)
    {
        var property = declaration.Property;
        var id = Next(declaration);
        var isStack = RoleName(declaration.Attribute) == "Blocks";
        var block = property.Type;
        if (isStack)
        {
            block = Known.Is(property.Type, "BlockStack") ? ((INamedTypeSymbol)property.Type).TypeArguments[0] : null;
            if (block is { TypeKind: TypeKind.Error })
                return null;
        }

        if (!Known.IsBlockClass(block) || block!.IsAbstract)
        {
            var expected = Known.IsBlockClass(block) ? "a class with [Block] that is not abstract" : "a class with [Block]";
            return isStack
                ? WrongType<ChildSpec>(id, declaration, "Blocks", "BlockStack<T> of " + expected)
                : WrongType<ChildSpec>(id, declaration, "Block", expected);
        }

        var prefix = declaration.Argument(0) ?? "";
        string? count = null;
        if (isStack)
        {
            if (!prefix.Contains("{i}"))
                return WrongValue<ChildSpec>(id, declaration, $"the prefix of a stack needs {{i}} in place of the index, but \"{prefix}\" has none");
            count = declaration.Named("Count") as string;
            if (string.IsNullOrWhiteSpace(count))
                return WrongValue<ChildSpec>(id, declaration, "a stack needs its length: [Blocks(.., Count = nameof(Layers))]");
        }

        members.Add(property, isStack ? MemberRole.Stack : MemberRole.Block);
        return new ChildSpec(id, property.Name, prefix, block!.ToDisplayString(), count)
        {
            Assembly = AssemblyOf(block, type),
        };
    }

    /// <summary>Name of the assembly that contains a class; null for the assembly of its user.</summary>
    public static string? AssemblyOf(ITypeSymbol block, ITypeSymbol user) =>
        SymbolEqualityComparer.Default.Equals(block.ContainingAssembly, user.ContainingAssembly) ? null : block.ContainingAssembly?.Name;

    /// <summary>Adds the members that a class inherits. Base classes of the project are read from source, the others from their symbols.</summary>
    public static void ReadInherited(INamedTypeSymbol type, Compilation compilation, MemberTable members)
    {
        foreach (var extended in Known.Bases(type))
        {
            if (AssemblyOf(extended, type) is null)
                new DeclarationReader(extended, compilation, new IdTable(), members)
                    .Read(extended.GetMembers().OfType<IPropertySymbol>().Where(static property => property.PartialDefinitionPart is null));
            else
                ReadCompiled(extended, members);
        }
    }

    private static void ReadCompiled(INamedTypeSymbol type, MemberTable members)
    {
        foreach (var property in type.GetMembers().OfType<IPropertySymbol>())
        {
            if (property.GetAttributes().FirstOrDefault(IsRole) is { } role)
                members.Add(property, Roles[RoleName(role)]);
        }
    }

    private T? WrongType<T>(int id, Declaration declaration, string attribute, string expected)
        where T : class
    {
        ids.Report(Descriptors.WrongType.Id, id, attribute, expected, declaration.Property.Name, TypeName(declaration.Property.Type));
        return null;
    }

    private T? WrongValue<T>(int id, Declaration declaration, string message)
        where T : class
    {
        ids.Report(Descriptors.WrongValue.Id, id, declaration.Property.Name, message);
        return null;
    }

    private static bool IsRole(AttributeData data) => Roles.Keys.Any(role => Known.Is(data.AttributeClass, role + "Attribute"));

    private static string RoleName(AttributeData data) =>
        data.AttributeClass!.Name.Substring(0, data.AttributeClass.Name.Length - "Attribute".Length);

    private static Location LocationOf(AttributeData data, IPropertySymbol property) =>
        data.ApplicationSyntaxReference?.GetSyntax().GetLocation() ?? property.Locations[0];

    private static string TypeName(ITypeSymbol symbol) => symbol.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
}
