using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Reading;

/// <summary>What an editor shows over a member: its shape, and where the checkpoint has it. Members that their author documented are left alone.</summary>
internal static class MemberDocs
{
    /// <summary>A summary's XML by the member's name.</summary>
    public static IReadOnlyDictionary<string, string> Of(DeclarationReader declarations) =>
        declarations.Dims.Select(static dim => (dim.Name, Text: Of(dim)))
            .Concat(declarations.Options.Select(static option => (option.Name, Text: Of(option))))
            .Concat(declarations.Weights.Select(static weight => (weight.Name, Text: Of(weight))))
            .Concat(declarations.Children.Select(static child => (child.Name, Text: Of(child))))
            .GroupBy(static doc => doc.Name, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First().Text, StringComparer.Ordinal);

    // Where documentation is not processed, its comments arrive as ordinary ones.
    public static bool IsDocumented(PropertyDeclarationSyntax syntax) =>
        syntax.GetLeadingTrivia().Any(static trivia => trivia.HasStructure || trivia.ToString() is ['/', '/', '/', ..] or ['/', '*', '*', ..]);

    private static string Of(DimSpec dim) =>
        "A size" + (dim.Path is null ? $": {Code(dim.Default ?? "")}." : $", {Code(dim.Path)} in {Code("config.json")}{(dim.Default is null ? "" : $", or else {Code(dim.Default)}")}.");

    private static string Of(OptionSpec option)
    {
        var fallback = option.Default is null ? "" : $", or else {Code(option.Default)}";
        return option.Kind switch
        {
            OptionKind.Rotary => $"Rotary positions of heads of {Code(option.Default ?? "")}{(option.Path.Length == 0 ? "" : $", set by {Code(option.Path)}")}.",
            OptionKind.Index => "The block's place in its stack, from 0.",
            _ when option.IsList => $"One {Word(option.Kind)} for each block of a stack, {Code(option.Path)} in {Code("config.json")}{fallback}.",
            _ => $"{char.ToUpperInvariant(Word(option.Kind)[0])}{Word(option.Kind).Substring(1)}, {Code(option.Path)} in {Code("config.json")}{fallback}.",
        };
    }

    private static string Of(WeightSpec weight) =>
        $"{Code($"f32[{weight.Shape}]")}, the tensor {Code(weight.Path)}{(weight.IsTransposed ? ", stored transposed" : "")}"
        + (weight.When is null ? "" : $"; zeros unless {Code(weight.When)}")
        + (weight.TiedTo is null ? "" : $"; {Code(weight.TiedTo)} serves instead{(weight.TiedWhen is null ? "" : $" where {Code(weight.TiedWhen)}")}")
        + ".";

    private static string Of(ChildSpec child) =>
        child.Count is null ? $"A block whose tensors begin with {Code(child.Prefix)}." : $"{Code(child.Count)} blocks whose tensors begin with {Code(child.Prefix)}.";

    private static string Word(OptionKind kind) => kind switch
    {
        OptionKind.Int => "whole number",
        OptionKind.Float => "number",
        OptionKind.Bool => "truth value",
        OptionKind.Enum => "choice",
        _ => "text",
    };

    private static string Code(string text) => $"<c>{text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")}</c>";
}
