using System.Collections.Immutable;
using Cambium.Compiler.Types;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Linking;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Cambium.Generators.Reporting;

/// <summary>
/// Reports the diagnostics that need only the source of one class, while the author types. It reads a class in the same way as the generator and
/// from the same source: with the generated files, generated members would look like names that are taken and the generated base class like
/// one that the author wrote.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ClassAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = Descriptors.OfOneClass;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            var source = new Lazy<AuthoredSource>(() => new AuthoredSource(start.Compilation));
            start.RegisterSymbolAction(symbol => Check(symbol, source), SymbolKind.NamedType);
        });
    }

    private static void Check(SymbolAnalysisContext context, Lazy<AuthoredSource> source)
    {
        var reported = new HashSet<Diagnostic>();
        foreach (var attribute in context.Symbol.GetAttributes())
        {
            var isModel = Known.Is(attribute.AttributeClass, "ModelAttribute");
            if ((!isModel && !Known.Is(attribute.AttributeClass, "BlockAttribute"))
                || Declaration(attribute, context.CancellationToken) is not { } declaration
                || source.Value.Find(declaration, context.CancellationToken) is not { } type)
            {
                continue;
            }

            var read = ClassReader.Read(type, declaration, attribute, source.Value.Compilation, isModel, context.CancellationToken);
            foreach (var (_, found) in BaseClasses.Check(read.Reading, source.Value.BasesOf(type, context.CancellationToken).Find))
            {
                var diagnostic = DiagnosticReporter.Diagnostic(found, read.Places.Places, source.Value.Trees);
                if (reported.Add(diagnostic))
                    context.ReportDiagnostic(diagnostic);
            }
        }
    }

    /// <summary>The part of a class that has an attribute; null for a class of another assembly.</summary>
    private static TypeDeclarationSyntax? Declaration(AttributeData attribute, CancellationToken cancellation) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(cancellation).Parent?.Parent as TypeDeclarationSyntax;

    /// <summary>The project without the generator's files.</summary>
    private sealed class AuthoredSource
    {
        public AuthoredSource(Compilation compilation)
        {
            Compilation = compilation.RemoveSyntaxTrees(compilation.SyntaxTrees
                .Where(static tree => Path.GetFileName(Path.GetDirectoryName(tree.FilePath)) == Known.GeneratorName));
            Trees = DiagnosticReporter.Trees(Compilation);
        }

        public Compilation Compilation { get; }

        public Dictionary<string, SyntaxTree> Trees { get; }

        public INamedTypeSymbol? Find(TypeDeclarationSyntax declaration, CancellationToken cancellation) =>
            Compilation.GetSemanticModel(declaration.SyntaxTree).GetDeclaredSymbol(declaration, cancellation) as INamedTypeSymbol;

        /// <summary>The classes that a class extends.</summary>
        public ProjectBlocks BasesOf(INamedTypeSymbol type, CancellationToken cancellation)
        {
            var own = new List<ClassReading>();
            var assemblies = new List<ReferencedAssembly>();
            var bases = Known.Bases(type).ToList();

            // A class with too many bases is reported, and its bases are not read again for each class of the chain.
            foreach (var extended in bases.Count > CompilerLimits.Bases ? [] : bases)
            {
                // A referenced project of the solution has source, too, but in another compilation.
                if (DeclarationReader.AssemblyOf(extended, type) is null
                    && extended.GetAttributes().First(static data => Known.IsClassAttribute(data.AttributeClass)) is var attribute
                    && Declaration(attribute, cancellation) is { } declaration)
                {
                    own.Add(ClassReader.Read(extended, declaration, attribute, Compilation, Known.IsModelClass(extended), cancellation).Reading);
                }
                else if (Compilation.GetMetadataReference(extended.ContainingAssembly) is { } reference
                    && ReferenceReader.Read(reference, cancellation) is { } assembly)
                {
                    assemblies.Add(assembly);
                }
            }

            return new ProjectBlocks(own, assemblies);
        }
    }
}
