using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Spec.Serialization;

/// <summary>Reads the text of a <see cref="SpecWriter"/>, and refuses other text with the position of the first error.</summary>
internal sealed class SpecReader : SpecFields
{
    private readonly string _text;
    private int _at;
    private int _depth;

    private SpecReader(string text) => _text = text;

    public static ClassSpec Read(string text)
    {
        var reader = new SpecReader(text);
        try
        {
            var type = reader.One(null, SpecTable.Class);
            return reader._at == text.Length ? type : throw reader.Damaged("the end");
        }
        catch (InsufficientExecutionStackException)
        {
            throw reader.Damaged("an expression that is nested less deeply");
        }
    }

    public override T One<T>(T? value, SpecShape<T> shape)
        where T : class
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();

        // A call is two records inside each other: the operation and its argument.
        if (++_depth > 2 * CompilerLimits.Depth + 8)
            throw Damaged($"expressions that are nested less deeply, at most {CompilerLimits.Depth.ToString(CultureInfo.InvariantCulture)} levels");
        Expect('(', "(");
        var tag = Word();
        var record = shape.Records.FirstOrDefault(record => record.Tag == tag) ?? throw Damaged(shape.Name);
        var read = record.Visit(this, null);
        Expect(')', "the end of the record");
        _depth--;
        return read;
    }

    public override T? Optional<T>(T? value, SpecShape<T> shape)
        where T : class => IsAbsent() ? null : One(null, shape);

    public override T? Last<T>(T? value, SpecShape<T> shape)
        where T : class => Peek() == '(' ? One(null, shape) : null;

    public override EquatableArray<T> Array<T>(EquatableArray<T>? values, SpecShape<T> shape) => Items(() => One(null, shape));

    public override EquatableArray<string> Strings(EquatableArray<string>? values) => Items(() => String(null));

    public override int Int(int? value) =>
        int.TryParse(Word(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Damaged("an integer");

    public override bool Flag(bool? value, string word)
    {
        if (Peek() == ')')
            return false;
        return Word() == word ? true : throw Damaged($"{word} or the end of the record");
    }

    public override bool Bool(bool? value) => Word() switch
    {
        "true" => true,
        "false" => false,
        _ => throw Damaged("true or false"),
    };

    public override double Double(double? value) =>
        Word() is ['x', ..] word && long.TryParse(word.Substring(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            ? BitConverter.Int64BitsToDouble(bits)
            : throw Damaged("a number's bits");

    // Only names: Enum.Parse accepts numbers, too.
    public override T Enum<T>(T? value)
    {
        var word = Word();
        return System.Array.IndexOf(System.Enum.GetNames(typeof(T)), word) >= 0
            ? (T)System.Enum.Parse(typeof(T), word)
            : throw Damaged($"a name of {typeof(T).Name}");
    }

    public override string? OptionalString(string? value) => IsAbsent() ? null : String(null);

    public override string String(string? value)
    {
        Expect('"', "a string");
        var text = new StringBuilder();
        while (true)
        {
            var letter = Next();
            if (letter == '"')
                return text.ToString();
            text.Append(letter == '\\' ? Escaped() : letter);
        }
    }

    private EquatableArray<T> Items<T>(Func<T> read)
    {
        Expect('[', "[");
        var items = new List<T>();
        while (Peek() != ']')
            items.Add(read());
        _at++;
        return items.ToEquatableArray();
    }

    private bool IsAbsent()
    {
        if (Peek() != '-')
            return false;
        _at++;
        return true;
    }

    private char Escaped()
    {
        var letter = Next();
        if (letter != 'u')
            return letter;
        if (_at + 4 > _text.Length
            || !ushort.TryParse(_text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            throw Damaged("four hexadecimal digits");
        _at += 4;
        return (char)code;
    }

    private char Next() => _at < _text.Length ? _text[_at++] : throw Damaged("the end of a string");

    private string Word()
    {
        _ = Peek();
        var start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || (_text[_at] == '-' && _at == start)))
            _at++;
        return _text.Substring(start, _at - start);
    }

    private void Expect(char letter, string what)
    {
        if (Peek() != letter)
            throw Damaged(what);
        _at++;
    }

    private char Peek()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private FormatException Damaged(string expected) =>
        new($"character {_at.ToString(CultureInfo.InvariantCulture)} of {_text.Length.ToString(CultureInfo.InvariantCulture)}: expected {expected}");
}
