using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Structure.Tests;

/// <summary>
/// Finds references between source files. The files are compiled in memory, and each name is resolved to the file that declares it. Names in comments
/// do not count. Types that are used without a name (<c>var</c>, <c>new(..)</c>) are not resolved: the member that returns or takes them names them.
/// </summary>
internal static class SourceReferences
{
    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.CSharp14, DocumentationMode.None);

    private static readonly CSharpCompilationOptions Options =
        new(OutputKind.ConsoleApplication, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);

    // The using directives that the SDK adds to each project.
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly string[] Libraries = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);

    /// <summary>References from one layer to another.</summary>
    /// <param name="sources">Files that are compiled together, by their paths.</param>
    /// <param name="layerOf">The layer of a path; null if the file is not checked.</param>
    /// <param name="assembly">Name of the compiled assembly. It decides which internal members of libraries are visible.</param>
    /// <param name="usesBuiltLibraries">Whether names may also come from the built assemblies of this repository.</param>
    /// <exception cref="InvalidOperationException">Names do not resolve, so that references could be missed.</exception>
    public static IReadOnlyList<SourceReference> Between(
        IEnumerable<(string Path, string Text)> sources, Func<string, int?> layerOf, string assembly = "Sources", bool usesBuiltLibraries = false)
    {
        var trees = sources.AsParallel().AsOrdered().Select(static source => CSharpSyntaxTree.ParseText(source.Text, Parsing, source.Path)).ToList();
        var libraries = Libraries
            .Where(path => !IsOwn(path) || (usesBuiltLibraries && Path.GetFileNameWithoutExtension(path) != assembly))
            .Select(static path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(assembly, [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing)], libraries, Options);

        // Most names are declared in the same layer or in the framework. Only names that another layer declares are resolved, which saves most of
        // the time.
        var layers = Declared(trees, layerOf);
        var found = new ConcurrentBag<SourceReference>();
        var unresolved = new ConcurrentBag<string>();
        Parallel.ForEach(trees.Where(tree => layerOf(tree.FilePath) is not null), tree =>
        {
            var layer = layerOf(tree.FilePath);
            var model = compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                if (!layers.TryGetValue(name.Identifier.ValueText, out var declaring) || !declaring.Any(other => other != layer))
                    continue;
                var info = model.GetSymbolInfo(name);
                if ((info.Symbol ?? info.CandidateSymbols.FirstOrDefault()) is not { } symbol)
                    unresolved.Add($"{tree.FilePath}({Line(name)}): {name}");
                else if (DeclaringFile(symbol, tree.FilePath) is { } file && layerOf(file) is { } target && target != layer)
                    found.Add(new SourceReference(tree.FilePath, Line(name), Display(symbol), file));
            }
        });

        if (!unresolved.IsEmpty)
        {
            var first = unresolved.Order(StringComparer.Ordinal).Take(10);
            throw new InvalidOperationException($"{unresolved.Count} names do not resolve:\n{string.Join('\n', first)}");
        }

        return [.. found.OrderBy(static reference => reference.From, StringComparer.Ordinal).ThenBy(static reference => reference.Line)];
    }

    private static string Display(ISymbol symbol) => symbol.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);

    private static bool IsOwn(string path) => Path.GetFileName(path).StartsWith("Cambium.", StringComparison.Ordinal);

    // Names of types and members with the layers that declare them.
    private static Dictionary<string, HashSet<int>> Declared(List<SyntaxTree> trees, Func<string, int?> layerOf)
    {
        var declared = new Dictionary<string, HashSet<int>>(StringComparer.Ordinal);
        foreach (var tree in trees)
        {
            if (layerOf(tree.FilePath) is not { } layer)
                continue;
            foreach (var name in tree.GetRoot().DescendantNodes(static node => node is not (BlockSyntax or ArrowExpressionClauseSyntax))
                .Select(NameOf))
            {
                if (name is null)
                    continue;
                if (!declared.TryGetValue(name, out var layers))
                    declared.Add(name, layers = []);
                layers.Add(layer);
                // An attribute is used without its suffix.
                if (name.EndsWith("Attribute", StringComparison.Ordinal))
                    declared.TryAdd(name[..^"Attribute".Length], layers);
            }
        }

        return declared;
    }

    // A positional record declares a property for each parameter.
    private static string? NameOf(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
        DelegateDeclarationSyntax type => type.Identifier.ValueText,
        MethodDeclarationSyntax method => method.Identifier.ValueText,
        PropertyDeclarationSyntax property => property.Identifier.ValueText,
        EventDeclarationSyntax @event => @event.Identifier.ValueText,
        VariableDeclaratorSyntax field => field.Identifier.ValueText,
        EnumMemberDeclarationSyntax member => member.Identifier.ValueText,
        ParameterSyntax { Parent.Parent: RecordDeclarationSyntax } parameter => parameter.Identifier.ValueText,
        _ => null,
    };

    // Null if the file itself declares the symbol, or a library does.
    private static string? DeclaringFile(ISymbol symbol, string from)
    {
        if (symbol.Kind is not (SymbolKind.NamedType or SymbolKind.Method or SymbolKind.Property or SymbolKind.Field or SymbolKind.Event))
            return null;
        var declared = symbol.OriginalDefinition is IMethodSymbol { ReducedFrom: { } extension } ? extension : symbol.OriginalDefinition;
        if (declared.DeclaringSyntaxReferences.IsEmpty)
            declared = declared.ContainingType;
        if (declared is null || declared.DeclaringSyntaxReferences.IsEmpty)
            return null;
        var files = declared.DeclaringSyntaxReferences.Select(static syntax => syntax.SyntaxTree.FilePath);
        return files.Contains(from) ? null : files.First();
    }

    private static int Line(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
