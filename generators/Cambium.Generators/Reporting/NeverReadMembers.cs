using System.Collections.Concurrent;
using System.Collections.Immutable;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Reporting;

/// <summary>
/// Reports weights, blocks and stacks that no method reads: a forgotten bias or a forgotten layer gives wrong logits without an error.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class NeverReadMembers : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.NeverRead];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            var declared = new ConcurrentBag<IPropertySymbol>();
            var read = new ConcurrentDictionary<ISymbol, bool>(SymbolEqualityComparer.Default);
            start.RegisterSymbolAction(
                symbol =>
                {
                    if (IsCandidate((IPropertySymbol)symbol.Symbol))
                        declared.Add((IPropertySymbol)symbol.Symbol);
                },
                SymbolKind.Property);
            start.RegisterOperationAction(
                operation => read.TryAdd(Declaration(((IPropertyReferenceOperation)operation.Operation).Property), true),
                OperationKind.PropertyReference);

            // A class that extends another one can read its members, so all classes are read before anything is reported.
            start.RegisterCompilationEndAction(end => Report(end, declared, read));
        });
    }

    private static void Report(CompilationAnalysisContext context, IEnumerable<IPropertySymbol> declared, ConcurrentDictionary<ISymbol, bool> read)
    {
        var tied = new Dictionary<INamedTypeSymbol, HashSet<string>>(SymbolEqualityComparer.Default);
        foreach (var property in declared.Where(property => !read.ContainsKey(property)))
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            if (!tied.TryGetValue(property.ContainingType, out var names))
                tied[property.ContainingType] = names = Tied(property.ContainingType);
            if (names.Contains(property.Name))
                continue;
            var advice = Known.IsTensor(property.Type) ? "Read it in Forward, or remove the property"
                : Known.Is(property.Type, "BlockStack") ? $"Loop over it, `foreach (var block in {property.Name})`, or remove the property"
                : "Call a method of it in Forward, or remove the property";
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.NeverRead, property.Locations[0], property.Name, property.ContainingType.Name,
                advice));
        }
    }

    // A class of another project can extend an abstract class and read its members.
    private static bool IsCandidate(IPropertySymbol property) =>
        property.PartialDefinitionPart is null
        && property.Locations.Length > 0
        && Known.IsClass(property.ContainingType)
        && !property.ContainingType.IsAbstract
        && property.GetAttributes().Any(static data =>
            Known.Is(data.AttributeClass, "WeightAttribute") || Known.Is(data.AttributeClass, "BlockAttribute")
                || Known.Is(data.AttributeClass, "BlocksAttribute"));

    /// <summary>The weights of a class whose values other weights share.</summary>
    private static HashSet<string> Tied(INamedTypeSymbol type)
    {
        var names = type.GetMembers().OfType<IPropertySymbol>().SelectMany(static property => property.GetAttributes())
            .SelectMany(static data => data.NamedArguments).Where(static argument => argument.Key == "TiedTo")
            .Select(static argument => argument.Value.Value).OfType<string>();
        return new HashSet<string>(names, StringComparer.Ordinal);
    }

    private static IPropertySymbol Declaration(IPropertySymbol property) => property.PartialDefinitionPart ?? property.OriginalDefinition;
}
