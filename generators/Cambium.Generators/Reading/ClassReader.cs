using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Reading;

/// <summary>Reads one class with [Model] or [Block] into values. The rest of the pipeline contains no Roslyn objects.</summary>
internal sealed class ClassReader
{
    private readonly INamedTypeSymbol _type;
    private readonly TypeDeclarationSyntax _declaration;
    private readonly Compilation _compilation;
    private readonly bool _isModel;
    private readonly CancellationToken _cancellation;
    private readonly IdTable _ids = new();
    private readonly MemberTable _members = new();

    private ClassReader(
        INamedTypeSymbol type,
        TypeDeclarationSyntax declaration,
        Compilation compilation,
        bool isModel,
        CancellationToken cancellation)
    {
        _type = type;
        _declaration = declaration;
        _compilation = compilation;
        _isModel = isModel;
        _cancellation = cancellation;
    }

    public static ReadClass ReadModel(GeneratorAttributeSyntaxContext context, CancellationToken cancellation) => Read(context, true, cancellation);

    public static ReadClass ReadBlock(GeneratorAttributeSyntaxContext context, CancellationToken cancellation) => Read(context, false, cancellation);

    /// <param name="declaration">The part of the class that has the attribute.</param>
    /// <param name="attribute">The [Model] or the [Block].</param>
    /// <param name="compilation">The project without the files of this generator.</param>
    public static ReadClass Read(
        INamedTypeSymbol type,
        TypeDeclarationSyntax declaration,
        AttributeData attribute,
        Compilation compilation,
        bool isModel,
        CancellationToken cancellation) =>
        new ClassReader(type, declaration, compilation, isModel, cancellation).Read(attribute);

    private static ReadClass Read(GeneratorAttributeSyntaxContext context, bool isModel, CancellationToken cancellation) =>
        Read(
            (INamedTypeSymbol)context.TargetSymbol,
            (TypeDeclarationSyntax)context.TargetNode,
            context.Attributes[0],
            context.SemanticModel.Compilation,
            isModel,
            cancellation);

    private ReadClass Read(AttributeData attribute)
    {
        _ids.Next(_declaration.Identifier.GetLocation());
        var architectures = Architectures(attribute);
        var form = ClassForm.Check(_type, _declaration, _isModel, architectures.Count > 0, _ids);

        // Roslyn returns the members of a class in several files in the order of the files. The result must not depend on that order.
        var properties = InSourceOrder(_type.GetMembers().OfType<IPropertySymbol>().Where(static property => property.PartialDefinitionPart is null));
        var declarations = new DeclarationReader(_type, _compilation, _ids, _members);
        declarations.Read(properties);
        DeclarationReader.ReadInherited(_type, _compilation, _members);
        _cancellation.ThrowIfCancellationRequested();

        var functions = Functions();
        var entries = new EntryReader(_type, _isModel, _ids).Read(functions);

        var namesAreFree = ClassForm.CheckNames(_type, _isModel, declarations, _ids);
        var canBeModel = _isModel && form.AllowsBaseClass && namesAreFree && Known.Bases(_type).All(CanBeModel);
        var surface = form.AllowsSecondPart ? SurfaceReader.Read(_type, _declaration, _isModel, canBeModel, properties, declarations) : null;

        var (diagnostics, unreadable, places) = _ids.Finish();
        var typeName = _type.ToDisplayString();
        var reading = new ClassReading(
            _isModel && !_type.IsAbstract,
            NamespaceOf(_type),
            _type.DeclaredAccessibility == Accessibility.Public ? "public" : "internal",
            architectures,
            entries,
            new ClassSpec(
                typeName,
                _type.Name,
                declarations.Dims,
                declarations.Options,
                declarations.Weights,
                declarations.Children,
                functions)
            {
                Expectations = Expectations(),
                Base = Base(),
            },
            surface,
            canBeModel,
            diagnostics,
            unreadable);
        return new ReadClass(reading, new SourceMap(typeName, places));
    }

    public static string NamespaceOf(INamedTypeSymbol type) =>
        type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString();

    private BaseSpec? Base() =>
        _type.BaseType is { } extended && (_isModel ? Known.IsModelClass(extended) : Known.IsBlockClass(extended))
            ? new BaseSpec(extended.ToDisplayString(), DeclarationReader.AssemblyOf(extended, _type))
            : null;

    // A base class of the project reports its own errors. With errors in its form it does not get the members that this class overrides.
    private bool CanBeModel(INamedTypeSymbol extended)
    {
        if (DeclarationReader.AssemblyOf(extended, _type) is not null)
            return true;
        var attribute = extended.GetAttributes().First(static data => Known.IsClassAttribute(data.AttributeClass));
        if (attribute.ApplicationSyntaxReference?.GetSyntax(_cancellation).Parent?.Parent is not TypeDeclarationSyntax declaration)
            return true;
        var ids = new IdTable();
        ids.Next(declaration.Identifier.GetLocation());
        var declarations = new DeclarationReader(extended, _compilation, new IdTable(), new MemberTable());
        declarations.Read(extended.GetMembers().OfType<IPropertySymbol>().Where(static property => property.PartialDefinitionPart is null));
        return ClassForm.Check(extended, declaration, isModel: true, hasArchitectures: false, ids).AllowsBaseClass
            && ClassForm.CheckNames(extended, isModel: true, declarations, ids);
    }

    private EquatableArray<ExpectationSpec> Expectations() =>
        _type.GetAttributes()
            .Where(static data => Known.Is(data.AttributeClass, "ExpectsAttribute"))
            .Select(static data =>
                data.ConstructorArguments is [{ Value: string path }, { Kind: TypedConstantKind.Array, Values: { IsDefault: false } values }]
                ? new ExpectationSpec(path, values.Select(static value => value.Value as string).OfType<string>().ToEquatableArray())
                : null)
            .OfType<ExpectationSpec>()
            .Concat(_type.GetAttributes().Where(static data => Known.Is(data.AttributeClass, "IgnoresAttribute")).SelectMany(Ignored))
            .ToEquatableArray();

    // A setting of which every value is supported.
    private static IEnumerable<ExpectationSpec> Ignored(AttributeData attribute) =>
        attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Array, Values: { IsDefault: false } paths }]
            ? paths.Select(static path => path.Value as string).OfType<string>()
                .Select(static path => new ExpectationSpec(path, EquatableArray<string>.Empty))
            : [];

    private static EquatableArray<string> Architectures(AttributeData attribute)
    {
        // A misspelled attribute has no arguments.
        var arguments = attribute.ConstructorArguments;
        return arguments.Length == 1 && arguments[0] is { Kind: TypedConstantKind.Array, Values: { IsDefault: false } values }
            ? values.Select(static value => value.Value as string).OfType<string>().ToEquatableArray()
            : EquatableArray<string>.Empty;
    }

    private EquatableArray<FunctionSpec> Functions()
    {
        // Methods that return tensors and methods that override or can be overridden are read in source order. Helpers that return numbers
        // follow in the order of their first call, including helpers of a base class.
        var methods = InSourceOrder(_type.GetMembers().OfType<IMethodSymbol>().Where(static method =>
            method is { MethodKind: MethodKind.Ordinary, IsImplicitlyDeclared: false }
            && (method.IsOverride ? Known.IsClass(method.OverriddenMethod?.ContainingType) : IsRead(method))));
        var queue = new Queue<IMethodSymbol>(methods);
        var known = new HashSet<ISymbol>(methods, SymbolEqualityComparer.Default);
        var functions = new List<FunctionSpec>();
        while (queue.Count > 0)
        {
            _cancellation.ThrowIfCancellationRequested();
            var method = queue.Dequeue();
            var function = Function(method, called =>
            {
                if (known.Add(called.OriginalDefinition))
                    queue.Enqueue(called.OriginalDefinition);
            });
            if (function is not null)
                functions.Add(function);
        }

        return functions.ToEquatableArray();
    }

    private static bool IsRead(IMethodSymbol method) =>
        FunctionForm.IsVirtual(method) || Known.ReturnsTensors(method) || method.Name == Known.EntryPoint;

    private FunctionSpec? Function(IMethodSymbol method, Action<IMethodSymbol> called)
    {
        var id = _ids.Next(method.Locations[0]);
        var isLeftToCSharp = FunctionForm.IsLeftToCSharp(method);
        if (FunctionForm.WhyNot(method) is { } why)
        {
            if (!isLeftToCSharp)
                _ids.Report(Descriptors.WrongFunction.Id, id, method.Name, why);
            return null;
        }

        var parameters = new List<ParameterSpec>();
        foreach (var parameter in method.Parameters)
        {
            if (FunctionForm.WhyNot(parameter) is { } wrong)
                _ids.ReportAt(Descriptors.WrongFunction.Id, parameter.Locations[0], method.Name, wrong);
            parameters.Add(new ParameterSpec(parameter.Name, FunctionForm.KindOf(parameter) ?? ParameterKind.Tensor));
        }

        var syntax = method.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(_cancellation);
        if (syntax is null)
            return null;
        var body = IsTooDeep(method, syntax) ? null : _compilation.GetSemanticModel(syntax.SyntaxTree).GetOperation(syntax, _cancellation);
        if (body is not null && IsTooLarge(method, body))
            body = null;
        var statements = body is null ? EquatableArray<Statement>.Empty : new FunctionReader(_type, _members, _ids, called, _cancellation).Read(body);
        if (isLeftToCSharp || (!method.IsAbstract && !FunctionForm.Returns(statements)))
            _ids.Unreadable(id);
        return new FunctionSpec(id, method.Name, parameters.ToEquatableArray(), statements) { IsVirtual = FunctionForm.IsVirtual(method) };
    }

    private bool IsTooDeep(IMethodSymbol method, SyntaxNode syntax)
    {
        var (levels, deepest) = SourceSize.Depth(syntax);
        if (levels <= CompilerLimits.Depth)
            return false;
        _ids.ReportAt(
            Descriptors.TooLarge.Id,
            deepest is StatementSyntax ? deepest.GetLocation() : method.Locations[0],
            $"this statement of '{method.Name}' has {Number(levels)} levels of nested expressions and blocks, and a model can have "
                + $"{Number(CompilerLimits.Depth)}; "
            + "assign parts of it to locals, or write a sum as a loop or in several statements");
        return true;
    }

    private bool IsTooLarge(IMethodSymbol method, IOperation body)
    {
        var expressions = SourceSize.Expressions(body);
        if (expressions <= CompilerLimits.Expressions)
            return false;
        _ids.ReportAt(
            Descriptors.TooLarge.Id,
            method.Locations[0],
            $"'{method.Name}' has {Number(expressions)} expressions after its loops are unrolled, and a method can have "
                + $"{Number(CompilerLimits.Expressions)}; "
            + "make the repeated part a block in a stack ([Blocks]) and loop over it with `foreach`");
        return true;
    }

    private static string Number(double value) =>
        value < 1e15 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("0.0E+0", CultureInfo.InvariantCulture);

    private static List<T> InSourceOrder<T>(IEnumerable<T> symbols)
        where T : ISymbol =>
        [.. symbols
            .Where(static symbol => symbol.Locations.Length > 0)
            .OrderBy(static symbol => symbol.Locations[0].SourceTree?.FilePath, StringComparer.Ordinal)
            .ThenBy(static symbol => symbol.Locations[0].SourceSpan.Start)];
}
