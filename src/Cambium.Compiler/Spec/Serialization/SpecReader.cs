using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Spec.Serialization;

/// <summary>Reads what <see cref="SpecWriter"/> wrote, and refuses everything else with the place where the text stops making sense.</summary>
internal sealed class SpecReader
{
    private readonly string _text;
    private int _at;

    private SpecReader(string text) => _text = text;

    public static ClassSpec Read(string text)
    {
        var reader = new SpecReader(text);
        try
        {
            var type = reader.Class();
            return reader._at == text.Length ? type : throw reader.Damaged("the end");
        }
        catch (InsufficientExecutionStackException)
        {
            throw reader.Damaged("an expression that is nested less deeply");
        }
    }

    private ClassSpec Class()
    {
        Open("class");
        var type = new ClassSpec(String(), String(), Array(Dim), Array(Option), Array(Weight), Array(Child), Array(Function)) { Expectations = Array(Expectation) };
        if (Peek() == '(')
            type = type with { Base = Base() };
        Close();
        return type;
    }

    private BaseSpec Base()
    {
        Open("base");
        var extended = new BaseSpec(String(), OptionalString());
        Close();
        return extended;
    }

    private DimSpec Dim()
    {
        Open("dim");
        var dim = new DimSpec(Int(), String(), OptionalString(), OptionalString());
        Close();
        return dim;
    }

    private OptionSpec Option()
    {
        Open("option");
        var option = new OptionSpec(Int(), String(), Enum<OptionKind>(), String(), OptionalString()) { IsList = Bool(), Choices = Array(Choice) };
        Close();
        return option;
    }

    private ChoiceSpec Choice()
    {
        Open("choice");
        var choice = new ChoiceSpec(String(), Array(String));
        Close();
        return choice;
    }

    private WeightSpec Weight()
    {
        Open("weight");
        var weight = new WeightSpec(Int(), String(), String(), String(), OptionalString(), OptionalString(), OptionalString()) { IsTransposed = Bool() };
        Close();
        return weight;
    }

    private ChildSpec Child()
    {
        Open("child");
        var child = new ChildSpec(Int(), String(), String(), String(), OptionalString()) { Assembly = OptionalString() };
        Close();
        return child;
    }

    private ExpectationSpec Expectation()
    {
        Open("expects");
        var expectation = new ExpectationSpec(String(), Array(String));
        Close();
        return expectation;
    }

    private FunctionSpec Function()
    {
        Open("function");
        var function = new FunctionSpec(Int(), String(), Array(Parameter), Array(Statement)) { IsVirtual = Flag("virtual") };
        Close();
        return function;
    }

    private ParameterSpec Parameter()
    {
        Open("parameter");
        var parameter = new ParameterSpec(String(), Enum<ParameterKind>());
        Close();
        return parameter;
    }

    private Statement Statement()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        Statement statement = Open() switch
        {
            "assign" => new Assign(Int(), Array(String), Expression()),
            "foreach" => Loop(),
            "if" => new If(Int(), Expression(), Array(Statement), Array(Statement)),
            "return" => new Return(Int(), Expression()),
            _ => throw Damaged("a statement"),
        };
        Close();
        return statement;
    }

    private ForEach Loop()
    {
        var (id, variable, stack, index) = (Int(), String(), String(), OptionalString());
        return new ForEach(id, variable, stack, Array(Statement)) { Index = index };
    }

    private Expression Expression()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        Expression expression = Open() switch
        {
            "local" => new LocalRef(Int(), String()),
            "member" => new MemberRef(Int(), String()),
            "property" => new PropertyRef(Int(), Expression(), String()),
            "item" => new ItemOf(Int(), Expression(), Expression()),
            "number" => new Number(Int(), Double(), Bool()),
            "truth" => new Truth(Int(), Bool()),
            "text" => new Text(Int(), String()),
            "op" => new OpCall(Int(), String(), Array(Argument)),
            "host" => new HostOp(Int(), String(), Array(Expression)),
            "conditional" => new Conditional(Int(), Expression(), Expression(), Expression()),
            "call" => new BlockCall(Int(), Absent() ? null : Expression(), String(), Array(Expression)) { IsOfBase = Flag("base") },
            "tuple" => new TupleOf(Int(), Array(Expression)),
            "lambda" => new LambdaOf(Int(), Array(String), Expression()),
            _ => throw Damaged("an expression"),
        };
        Close();
        return expression;
    }

    private Argument Argument()
    {
        Open("argument");
        var argument = new Argument(String(), Expression());
        Close();
        return argument;
    }

    private void Open(string tag)
    {
        if (Open() != tag)
            throw Damaged($"({tag} ..)");
    }

    private string Open()
    {
        Expect('(', "(");
        return Word();
    }

    private void Close() => Expect(')', "that the record ends");

    private EquatableArray<T> Array<T>(Func<T> read)
    {
        Expect('[', "[");
        var items = new List<T>();
        while (Peek() != ']')
            items.Add(read());
        _at++;
        return items.ToEquatableArray();
    }

    private int Int() => int.TryParse(Word(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Damaged("an integer");

    private bool Flag(string word)
    {
        if (Peek() == ')')
            return false;
        return Word() == word ? true : throw Damaged($"{word} or the end of the record");
    }

    private bool Bool() => Word() switch
    {
        "true" => true,
        "false" => false,
        _ => throw Damaged("true or false"),
    };

    private double Double() =>
        Word() is ['x', ..] word && long.TryParse(word.Substring(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            ? BitConverter.Int64BitsToDouble(bits)
            : throw Damaged("a number's bits");

    // By name alone: numbers would parse as well.
    private T Enum<T>()
        where T : struct, Enum
    {
        var word = Word();
        return System.Array.IndexOf(System.Enum.GetNames(typeof(T)), word) >= 0 ? (T)System.Enum.Parse(typeof(T), word) : throw Damaged($"a name of {typeof(T).Name}");
    }

    private string? OptionalString() => Absent() ? null : String();

    private bool Absent()
    {
        if (Peek() != '-')
            return false;
        _at++;
        return true;
    }

    private string String()
    {
        Expect('"', "a string");
        var value = new StringBuilder();
        while (true)
        {
            var letter = Next();
            if (letter == '"')
                return value.ToString();
            value.Append(letter == '\\' ? Escaped() : letter);
        }
    }

    private char Escaped()
    {
        var letter = Next();
        if (letter != 'u')
            return letter;
        if (_at + 4 > _text.Length || !ushort.TryParse(_text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
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
