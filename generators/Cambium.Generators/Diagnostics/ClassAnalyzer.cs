using System.Collections.Immutable;
using Cambium.Generators.Linking;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Cambium.Generators.Diagnostics;

/// <summary>
/// Reports what the text of one class shows, while its author types. It reads the class as the generator does and from the same text: what
/// the generator added would look like names that are taken and like a base class of the author's.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ClassAnalyzer : DiagnosticAnalyzer
{
    private static readonly string GeneratorFolder = typeof(ModelGenerator).FullName;

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = Descriptors.OfOneClass;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            var authored = new Lazy<Authored>(() => new Authored(start.Compilation));
            start.RegisterSymbolAction(symbol => Check(symbol, authored), SymbolKind.NamedType);
        });
    }

    private static void Check(SymbolAnalysisContext context, Lazy<Authored> authored)
    {
        var reported = new HashSet<Diagnostic>();
        foreach (var attribute in context.Symbol.GetAttributes())
        {
            var isModel = Known.Is(attribute.AttributeClass, "ModelAttribute");
            if ((!isModel && !Known.Is(attribute.AttributeClass, "BlockAttribute"))
                || Declaration(attribute, context.CancellationToken) is not { } declaration
                || authored.Value.Find(declaration, context.CancellationToken) is not { } type)
            {
                continue;
            }

            var read = ClassReader.Read(type, declaration, attribute, authored.Value.Compilation, isModel, context.CancellationToken);
            foreach (var (_, mistake) in ClassMistake.Of(read.Reading, authored.Value.BasesOf(type, context.CancellationToken).Find))
            {
                var diagnostic = MistakeReporter.Diagnostic(mistake, read.Places.Places, authored.Value.Trees);
                if (reported.Add(diagnostic))
                    context.ReportDiagnostic(diagnostic);
            }
        }
    }

    /// <summary>The part of a class that has an attribute; null for a class of another assembly.</summary>
    private static TypeDeclarationSyntax? Declaration(AttributeData attribute, CancellationToken cancellation) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(cancellation).Parent?.Parent as TypeDeclarationSyntax;

    /// <summary>The project without what the generator adds to it.</summary>
    private sealed class Authored
    {
        public Authored(Compilation compilation)
        {
            Compilation = compilation.RemoveSyntaxTrees(compilation.SyntaxTrees.Where(static tree => Path.GetFileName(Path.GetDirectoryName(tree.FilePath)) == GeneratorFolder));
            Trees = MistakeReporter.Trees(Compilation);
        }

        public Compilation Compilation { get; }

        public Dictionary<string, SyntaxTree> Trees { get; }

        public INamedTypeSymbol? Find(TypeDeclarationSyntax declaration, CancellationToken cancellation) =>
            Compilation.GetSemanticModel(declaration.SyntaxTree).GetDeclaredSymbol(declaration, cancellation) as INamedTypeSymbol;

        /// <summary>The blocks that a class extends.</summary>
        public ProjectBlocks BasesOf(INamedTypeSymbol type, CancellationToken cancellation)
        {
            var own = new List<ClassReading>();
            var assemblies = new List<ReferencedAssembly>();
            foreach (var extended in Known.Bases(type))
            {
                if (extended.GetAttributes().First(static data => Known.Is(data.AttributeClass, "BlockAttribute")) is var attribute && Declaration(attribute, cancellation) is { } declaration)
                    own.Add(ClassReader.Read(extended, declaration, attribute, Compilation, false, cancellation).Reading);
                else if (Compilation.GetMetadataReference(extended.ContainingAssembly) is { } reference && ReferenceReader.Read(reference, cancellation) is { } assembly)
                    assemblies.Add(assembly);
            }

            return new ProjectBlocks(own, assemblies);
        }
    }
}
