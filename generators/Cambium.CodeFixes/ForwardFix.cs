using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Cambium.CodeFixes;

/// <summary>CMB003: adds a <c>Forward</c> method to a model without one.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ForwardFix))]
[Shared]
public sealed class ForwardFix() : ModelCodeFix(fixesAll: false, "CMB003")
{
    private protected override void Register(ClassContext found)
    {
        if (!found.Type.GetMembers("Forward").IsEmpty)
            return;

        // A model starts with an embedding lookup, so a weight that can be the table makes a body that builds.
        var table = found.Names("Weight").OrderByDescending(IsEmbedding).FirstOrDefault();
        var body = table is null ? "throw new System.NotImplementedException();" : $"return {table}[tokens];";
        var method = $"public Tensor Forward(Tokens tokens)\n{{\n    {body}\n}}";
        found.Offer(
            "Add Forward",
            root => Members.Insert(root, found.Declaration, method, found.Declaration.Members.LastOrDefault(), blankLine: true));
    }

    private static bool IsEmbedding(string name) =>
        name.StartsWith("Embed", StringComparison.OrdinalIgnoreCase) || name.EndsWith("Embedding", StringComparison.Ordinal);
}
