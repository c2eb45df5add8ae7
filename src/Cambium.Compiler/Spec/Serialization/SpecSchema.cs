using Cambium.Compiler.Collections;
using System.Text;

namespace Cambium.Compiler.Spec.Serialization;

/// <summary>Prints the records with the types of their fields: <c>(dim int string string? string?)</c>.</summary>
internal sealed class SpecSchema : SpecFields
{
    private readonly StringBuilder _text = new();

    public static string Print()
    {
        var schema = new SpecSchema();
        foreach (var record in SpecTable.Records)
        {
            schema._text.Append('(').Append(record.Tag);
            record.Visit(schema, null);
            schema._text.Append(")\n");
        }

        return schema._text.ToString();
    }

    public override int Int(int? value) => Field("int", 0);

    public override bool Bool(bool? value) => Field("bool", false);

    public override double Double(double? value) => Field("double", 0.0);

    public override T Enum<T>(T? value) => Field($"{{{string.Join(" ", System.Enum.GetNames(typeof(T)))}}}", default(T));

    public override string String(string? value) => Field("string", "");

    public override string? OptionalString(string? value) => Field("string?", (string?)null);

    public override EquatableArray<string> Strings(EquatableArray<string>? values) => Field("[string]", EquatableArray<string>.Empty);

    // A printed record is never used, so it may contain null.
    public override T One<T>(T? value, SpecShape<T> shape)
        where T : class => Field(NameOf(shape), (T)null!);

    public override T? Optional<T>(T? value, SpecShape<T> shape)
        where T : class => Field(NameOf(shape) + "?", (T?)null);

    public override EquatableArray<T> Array<T>(EquatableArray<T>? values, SpecShape<T> shape) => Field($"[{NameOf(shape)}]", EquatableArray<T>.Empty);

    public override bool Flag(bool? value, string word) => Field($"'{word}'?", false);

    public override T? Last<T>(T? value, SpecShape<T> shape)
        where T : class => Field(NameOf(shape) + "?", (T?)null);

    private static string NameOf<T>(SpecShape<T> shape)
        where T : class => shape.Records.Count == 1 ? shape.Records[0].Tag : typeof(T).Name;

    private T Field<T>(string type, T value)
    {
        _text.Append(' ').Append(type);
        return value;
    }
}
