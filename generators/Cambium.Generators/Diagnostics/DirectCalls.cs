using System.Collections.Immutable;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Diagnostics;

/// <summary>Flags calls of operations and of a model's own functions where they would be run.</summary>
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
        if (!IsRead(method) || IsInsideModel(context.ContainingSymbol))
            return;
        context.ReportDiagnostic(Diagnostic.Create(Descriptors.DirectCall, context.Operation.Syntax.GetLocation(), $"{method.ContainingType.Name}.{method.Name}"));
    }

    private static bool IsRead(IMethodSymbol method) =>
        Known.Is(method.ContainingType, "Operations")
        || (Known.ReturnsTensors(method) && (Known.IsModelClass(method.ContainingType) || Known.IsBlockClass(method.ContainingType)));

    private static bool IsInsideModel(ISymbol symbol)
    {
        for (var type = symbol as INamedTypeSymbol ?? symbol.ContainingType; type is not null; type = type.ContainingType)
        {
            if (Known.IsModelClass(type) || Known.IsBlockClass(type))
                return true;
        }

        return false;
    }
}
