using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Reading;

/// <summary>The documentation that an editor shows for a member without one of its own: its shape and its name in the checkpoint.</summary>
internal static class MemberDocs
{
    /// <summary>A summary's XML by the member's name.</summary>
    public static IReadOnlyDictionary<string, string> Of(DeclarationReader declarations) =>
        declarations.Dims.Select(static dim => (dim.Name, Text: Of(dim)))
            .Concat(declarations.Options.Select(static option => (option.Name, Text: Of(option))))
            .Concat(declarations.Weights.Select(static weight => (weight.Name, Text: Of(weight))))
            .Concat(declarations.Children.Select(static child => (child.Name, Text: Of(child))))
            .GroupBy(static doc => doc.Name, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.First().Text, StringComparer.Ordinal);

    // A project that does not process documentation has documentation comments as ordinary comments.
    public static bool IsDocumented(PropertyDeclarationSyntax syntax) =>
        syntax.GetLeadingTrivia().Any(static trivia => trivia.HasStructure || trivia.ToString() is ['/', '/', '/', ..] or ['/', '*', '*', ..]);

    private static string Of(DimSpec dim) =>
        "A size" + (dim.Path is null
            ? $": {Code(dim.Default ?? "")}."
            : $", {Code(dim.Path)} in {Code("config.json")}{(dim.Default is null ? "" : $"; default {Code(dim.Default)}")}.");

    private static string Of(OptionSpec option)
    {
        var fallback = option.Default is null ? "" : $"; default {Code(option.Default)}";
        return option.Kind switch
        {
            OptionKind.Rotary =>
                "Rotary position embedding of heads of size "
                    + $"{Code(option.Default ?? "")}{(option.Path.Length == 0 ? "" : $", configured by {Code(option.Path)}")}.",
            OptionKind.Index => "The block's index in its stack, from 0.",
            _ when option.IsList => $"One {KindName(option.Kind)} for each block of a stack, {Code(option.Path)} in {Code("config.json")}{fallback}.",
            _ =>
                $"{char.ToUpperInvariant(KindName(option.Kind)[0])}{KindName(option.Kind).Substring(1)}, "
                    + $"{Code(option.Path)} in {Code("config.json")}{fallback}.",
        };
    }

    private static string Of(WeightSpec weight) =>
        $"{Code($"f32[{weight.Shape}]")}, the tensor {Code(weight.Path)}{(weight.IsTransposed ? ", stored transposed" : "")}"
        + (weight.When is null ? "" : $"; zeros unless {Code(weight.When)} is true")
        + (weight.TiedTo is null ? "" : $"; tied to {Code(weight.TiedTo)}{(weight.TiedWhen is null ? "" : $" if {Code(weight.TiedWhen)} is true")}")
        + ".";

    private static string Of(ChildSpec child) =>
        child.Count is null
            ? $"A block; its tensor names start with {Code(child.Prefix)}."
            : $"{Code(child.Count)} blocks; their tensor names start with {Code(child.Prefix)}.";

    private static string KindName(OptionKind kind) => kind switch
    {
        OptionKind.Int => "integer",
        OptionKind.Float => "number",
        OptionKind.Bool => "boolean",
        OptionKind.Enum => "enum value",
        _ => "string",
    };

    private static string Code(string text) => $"<c>{text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")}</c>";
}
