using Cambium.Compiler.Emit;
using Cambium.Compiler;
using Cambium.Generators.Reading;
using System.Text;

namespace Cambium.Generators.Writing;

/// <summary>Prints the implementations of a class's partial properties.</summary>
internal static class SurfaceWriter
{
    /// <returns>Null if there is nothing to add to the class.</returns>
    public static GeneratedFile? Write(SurfaceSpec? spec)
    {
        if (spec is null or { Properties.Count: 0, AddsBaseClass: false })
            return null;
        return new(FileName.Of(spec.HintName, "Surface"), ClassWriter.Write(spec, spec.AddsBaseClass, text =>
        {
            var first = true;
            foreach (var property in spec.Properties)
            {
                if (!first)
                    text.Line();
                first = false;
                Write(spec, property, text);
            }
        }));
    }

    private static void Document(SurfaceProperty property, CodeWriter text)
    {
        if (property.Doc is { } doc)
            text.Line($"/// <summary>{doc}</summary>");
    }

    private static void Write(SurfaceSpec spec, SurfaceProperty property, CodeWriter text)
    {
        if (property.Field is { } field)
        {
            var isList = property.EnumType is null
                ? property.Type is not ("int" or "float" or "bool" or "string")
                : property.EnumType != property.Type;
            var type = property.EnumType is null ? property.Type : isList ? "string[]" : "string";
            if (property.IsFieldInherited)
                text.Line("[global::System.ComponentModel.EditorBrowsable(global::System.ComponentModel.EditorBrowsableState.Never)]");
            text.Line(
                $"{(property.IsFieldInherited ? "protected" : "private")} {type} {field}{(isList ? " = []" : type is "string" ? " = \"\"" : "")};");
            text.Line();
            Document(property, text);
            var value = property.EnumType is not { } values ? field
                : isList ? $"global::System.Array.ConvertAll({field}, global::System.Enum.Parse<{values}>)"
                : $"global::System.Enum.Parse<{values}>({field})";
            text.Line($"{property.Modifiers} {property.Type} {property.Name} => {value};");
            return;
        }

        Document(property, text);
        var error = $"throw new global::System.NotSupportedException(\"'{spec.Name}.{property.Name}' is compiled, not run.\")";
        if (property is { HasGetter: true, Setter: null })
        {
            text.Line($"{property.Modifiers} {property.Type} {property.Name} => {error};");
            return;
        }

        using (text.Block($"{property.Modifiers} {property.Type} {property.Name}"))
        {
            if (property.HasGetter)
                text.Line($"get => {error};");
            if (property.Setter is { } setter)
                text.Line($"{setter} => {error};");
        }
    }
}
