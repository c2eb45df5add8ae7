using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Spec.Serialization;

/// <summary>Writes a spec field by field.</summary>
internal sealed class SpecWriter : SpecFields
{
    private readonly StringBuilder _text = new();

    public static string Write(ClassSpec spec)
    {
        var writer = new SpecWriter();
        writer.One(spec, SpecTable.Class);
        return writer._text.ToString();
    }

    public override T One<T>(T? value, SpecShape<T> shape)
        where T : class
    {
        var type = value!.GetType();
        var record = shape.Records.FirstOrDefault(record => record.Type == type)
            ?? throw new InvalidOperationException(
                $"{nameof(SpecTable)} does not contain {type.Name}: add it, and raise {nameof(SpecFormat)}.{nameof(SpecFormat.Version)}");
        Separate();
        _text.Append('(').Append(record.Tag);
        record.Visit(this, value);
        _text.Append(')');
        return value;
    }

    public override T? Optional<T>(T? value, SpecShape<T> shape)
        where T : class
    {
        if (value is null)
            Word("-");
        else
            One(value, shape);
        return value;
    }

    public override T? Last<T>(T? value, SpecShape<T> shape)
        where T : class => value is null ? null : One(value, shape);

    public override EquatableArray<T> Array<T>(EquatableArray<T>? values, SpecShape<T> shape) => Items(values, value => One(value, shape));

    public override EquatableArray<string> Strings(EquatableArray<string>? values) => Items(values, String);

    public override int Int(int? value)
    {
        Word(value!.Value.ToString(CultureInfo.InvariantCulture));
        return value.Value;
    }

    public override bool Flag(bool? value, string word)
    {
        if (value!.Value)
            Word(word);
        return value.Value;
    }

    public override bool Bool(bool? value)
    {
        Word(value!.Value ? "true" : "false");
        return value.Value;
    }

    // Bits instead of digits: runtimes print digits differently.
    public override double Double(double? value)
    {
        Word("x" + BitConverter.DoubleToInt64Bits(value!.Value).ToString("x16", CultureInfo.InvariantCulture));
        return value.Value;
    }

    public override T Enum<T>(T? value)
    {
        Word(value!.Value.ToString());
        return value.Value;
    }

    public override string? OptionalString(string? value)
    {
        if (value is not null)
            return String(value);
        Word("-");
        return null;
    }

    public override string String(string? value)
    {
        Separate();
        _text.Append('"');
        foreach (var letter in value!)
        {
            if (letter is '"' or '\\')
                _text.Append('\\').Append(letter);
            else if (letter is >= ' ' and <= '~')
                _text.Append(letter);
            else
                _text.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
        }

        _text.Append('"');
        return value;
    }

    private EquatableArray<T> Items<T>(EquatableArray<T>? values, Func<T, T> write)
    {
        Separate();
        _text.Append('[');
        foreach (var value in values!.Value)
            write(value);
        _text.Append(']');
        return values.Value;
    }

    private void Word(string word)
    {
        Separate();
        _text.Append(word);
    }

    private void Separate()
    {
        if (_text.Length > 0 && _text[_text.Length - 1] is not '[')
            _text.Append(' ');
    }
}
