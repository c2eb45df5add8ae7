using System.Collections.Immutable;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Reporting;

/// <summary>Reports calls of operations and of model methods in ordinary code, where they would throw.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DirectCalls : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.DirectCall];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterOperationAction(Check, OperationKind.Invocation);
    }

    private static void Check(OperationAnalysisContext context)
    {
        var method = ((IInvocationOperation)context.Operation).TargetMethod;
        if (!IsCompiled(method) || IsInsideModel(context.ContainingSymbol))
            return;
        context.ReportDiagnostic(Diagnostic.Create(
            Descriptors.DirectCall,
            context.Operation.Syntax.GetLocation(),
            $"{method.ContainingType.Name}.{method.Name}"));
    }

    private static bool IsCompiled(IMethodSymbol method) =>
        Known.Is(method.ContainingType, "Operations") || (Known.ReturnsTensors(method) && Known.IsClass(method.ContainingType));

    private static bool IsInsideModel(ISymbol symbol)
    {
        for (var type = symbol as INamedTypeSymbol ?? symbol.ContainingType; type is not null; type = type.ContainingType)
        {
            if (Known.IsClass(type))
                return true;
        }

        return false;
    }
}
