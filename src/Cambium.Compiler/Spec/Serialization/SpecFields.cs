using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Spec.Serialization;

/// <summary>
/// Visits the fields of a record in order. <see cref="SpecWriter"/> writes each value and returns it, <see cref="SpecReader"/> ignores the
/// value and returns the one it read, <see cref="SpecSchema"/> prints the field's type. So one description of a record serves all three.
/// </summary>
internal abstract class SpecFields
{
    public abstract int Int(int? value);

    public abstract bool Bool(bool? value);

    public abstract double Double(double? value);

    public abstract T Enum<T>(T? value)
        where T : struct, Enum;

    public abstract string String(string? value);

    public abstract string? OptionalString(string? value);

    public abstract EquatableArray<string> Strings(EquatableArray<string>? values);

    public abstract T One<T>(T? value, SpecShape<T> shape)
        where T : class;

    public abstract T? Optional<T>(T? value, SpecShape<T> shape)
        where T : class;

    public abstract EquatableArray<T> Array<T>(EquatableArray<T>? values, SpecShape<T> shape)
        where T : class;

    /// <summary>A word at the end of a record if the value is true. Texts of versions before the flag do not contain it.</summary>
    public abstract bool Flag(bool? value, string word);

    /// <summary>A record at the end of another one, or nothing. Texts of versions before the field do not contain it.</summary>
    public abstract T? Last<T>(T? value, SpecShape<T> shape)
        where T : class;
}

/// <summary>A record of the format.</summary>
internal interface ISpecRecord<out T>
{
    string Tag { get; }

    Type Type { get; }

    /// <summary>Visits the fields of a value, and constructs a value from the results.</summary>
    T Visit(SpecFields fields, object? value);
}

/// <param name="visit">Visits the fields of a record (null when reading) and passes the results to the constructor.</param>
internal sealed class SpecRecord<T>(string tag, Func<SpecFields, T?, T> visit) : ISpecRecord<T>
    where T : class
{
    public string Tag => tag;

    public Type Type => typeof(T);

    public T Visit(SpecFields fields, object? value) => visit(fields, (T?)value);
}

/// <summary>The records that a field can contain.</summary>
/// <param name="Name">For messages: <c>a statement</c>.</param>
internal sealed record SpecShape<T>(string Name, params IReadOnlyList<ISpecRecord<T>> Records)
    where T : class;
