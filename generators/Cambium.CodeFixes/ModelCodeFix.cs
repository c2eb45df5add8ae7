using System.Collections.Immutable;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Cambium.CodeFixes;

/// <summary>A code fix of the errors in a class with [Model] or [Block].</summary>
public abstract class ModelCodeFix : CodeFixProvider
{
    private readonly FixAllProvider? _fixAll;

    /// <param name="fixesAll">Whether the fix can be applied to a whole project. A fix that offers a choice cannot.</param>
    private protected ModelCodeFix(bool fixesAll, params string[] codes) =>
        (_fixAll, FixableDiagnosticIds) = (fixesAll ? WellKnownFixAllProviders.BatchFixer : null, [.. codes]);

    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; }

    /// <inheritdoc/>
    public sealed override FixAllProvider? GetFixAllProvider() => _fixAll;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await ClassContext.Of(context).ConfigureAwait(false) is { } found)
            Register(found);
    }

    /// <summary>Offers the changes that fix the diagnostic.</summary>
    private protected abstract void Register(ClassContext found);
}
