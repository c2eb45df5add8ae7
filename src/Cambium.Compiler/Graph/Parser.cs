using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>
/// Reads the text of <see cref="ModuleText"/>. Spaces, empty lines and <c>//</c> comments are free. The parser checks only the form, so a
/// text can contain an invalid graph; <see cref="Verifier"/> checks the rules. README.md in this folder has the grammar.
/// </summary>
public sealed class GraphParser
{
    private const string TextIs = "text_is";
    private const string ItemSuffix = "_item";

    private readonly string _text;
    private int _at;

    private GraphParser(string text) => _text = text;

    /// <summary>The words with a meaning of their own. <see cref="TryKeyword"/> takes no other word, so the list is complete.</summary>
    public static IReadOnlyList<string> Keywords { get; } =
    [
        "module", "dim", "option", "weight", "entry", "func",
        "default", "list", "of", "computed", "transposed", "rows", "when", "tied", "when-config",
        "f32", "i32", "true", "false", ".inf", ".nan",
        TextIs, ItemSuffix, .. Kinds,
    ];

    private static IEnumerable<string> Kinds => Enum.GetNames(typeof(OptionKind)).Select(static kind => kind.ToLowerInvariant());

    /// <summary>The module; throws <see cref="GraphFormatException"/> at the first position that is not valid.</summary>
    public static Module Parse(string text) => new GraphParser(text).ReadModule();

    private Module ReadModule()
    {
        Keyword("module");
        var name = Name("the module's name");
        var (dims, options, weights, functions) = (new List<DimInfo>(), new List<OptionInfo>(), new List<WeightInfo>(), new List<Function>());
        var entries = new List<EntryInfo>();
        while (!AtEnd())
        {
            if (TryKeyword("dim"))
                dims.Add(ReadDim());
            else if (TryKeyword("option"))
                options.Add(ReadOption());
            else if (TryKeyword("weight"))
                weights.Add(ReadWeight());
            else if (TryKeyword("entry"))
                entries.Add(ReadEntry());
            else if (TryKeyword("func"))
                functions.Add(ReadFunction());
            else
                throw Error("'dim', 'option', 'weight', 'entry' or 'func'");
        }

        if (functions.Count == 0)
            throw Error("'func'");
        var module = new Module(name, dims, options, weights, functions);
        return entries.Count == 0 ? module : module with { Entries = entries };
    }

    private DimInfo ReadDim()
    {
        var name = Name("a dim's name");
        if (!TryTake("="))
            return new DimInfo(name, null, null);
        if (!AtQuote())
            return new DimInfo(name, null, ReadSize());
        var path = ReadString("a config path");
        return new DimInfo(name, path, TryKeyword("default") ? ReadSize() : null);
    }

    private OptionInfo ReadOption()
    {
        SkipSpace();
        var start = _at;
        var isList = TryKeyword("list");
        var word = Name("an option's kind");
        if (!Enum.TryParse<OptionKind>(word, ignoreCase: true, out var kind))
        {
            _at = start;
            throw Error(string.Join(", ", Kinds.Select(static kind => $"'{kind}'")));
        }

        var name = Name("an option's name");
        Take("=");
        var path = ReadString("a config path");
        return new OptionInfo(name, kind, path, TryKeyword("default") ? ReadWord() : null)
        {
            IsList = isList,
            Choices = TryKeyword("of") ? ReadChoices() : EquatableArray<ChoiceSpec>.Empty,
        };
    }

    private EquatableArray<ChoiceSpec> ReadChoices()
    {
        var choices = new List<ChoiceSpec>();
        do
        {
            var name = ReadString("a value's name");
            Take("(");
            var spellings = new List<string>();
            while (!TryTake(")"))
                spellings.Add(ReadString("a spelling"));
            choices.Add(new ChoiceSpec(name, spellings.ToEquatableArray()));
        }
        while (TryTake(","));
        return choices.ToEquatableArray();
    }

    private WeightInfo ReadWeight()
    {
        var name = Name("a weight's name");
        var path = ReadString("a tensor's name");
        var shape = ReadShape();
        var isComputed = TryKeyword("computed");
        var isTransposed = TryKeyword("transposed");
        var rows = TryKeyword("rows") ? ReadShape() : EquatableArray<Size>.Empty;
        var when = TryKeyword("when") ? Name("an option's name") : null;
        var tied = TryKeyword("tied") ? Name("a weight's name") : null;
        var tiedWhen = TryKeyword("when-config") ? ReadString("a config path") : null;
        return new WeightInfo(name, path, shape, when, tied, tiedWhen)
        {
            IsComputed = isComputed,
            IsTransposed = isTransposed,
            Begin = rows.ElementAtOrDefault(0),
            WholeRows = rows.ElementAtOrDefault(1),
            GroupRows = rows.ElementAtOrDefault(2),
            RowStride = rows.ElementAtOrDefault(3),
        };
    }

    private EntryInfo ReadEntry()
    {
        var function = Name("a function's name");
        Take("=");
        var method = Name("a method's name");
        var inputs = ReadNames("an input's name");
        var results = TryTake("->") ? ReadNames("a result's name") : EquatableArray.Of(EntryInfo.Logits);
        Keyword("rows");
        return new EntryInfo(function, method, inputs, Name("'All', 'First' or 'Last'")) { Results = results };
    }

    private EquatableArray<string> ReadNames(string expected)
    {
        var names = new List<string>();
        Take("(");
        if (!AtChar(')'))
        {
            do
                names.Add(Name(expected));
            while (TryTake(","));
        }

        Take(")");
        return names.ToEquatableArray();
    }

    private Function ReadFunction()
    {
        var name = Name("a function's name");
        var types = new Dictionary<int, TensorType>();
        Take("(");
        var parameters = AtChar(')') ? [] : ReadDeclarations(types);
        Take(")");
        var returns = TryTake("->") ? ReadValues() : [];
        Take("{");
        var nodes = new List<Node>();
        while (!TryTake("}"))
            nodes.Add(ReadNode(types));
        return new Function(name, parameters, nodes, returns, types);
    }

    private Node ReadNode(Dictionary<int, TensorType> types)
    {
        List<int> results = [];
        if (AtChar('%'))
        {
            results = ReadDeclarations(types);
            Take("=");
        }

        var op = Name("an op");
        List<int> operands = [];
        if (TryTake("("))
        {
            operands = AtChar(')') ? [] : ReadValues();
            Take(")");
        }

        var attributes = new List<NodeAttribute>();
        if (TryTake("{"))
        {
            do
            {
                var name = Name("an attribute's name");
                if (TryTake("=>"))
                {
                    attributes.Add(new NodeAttribute(name, new ScoreValue(ReadScore())));
                }
                else
                {
                    Take("=");
                    attributes.Add(new NodeAttribute(name, ReadValue()));
                }
            }
            while (TryTake(","));
            Take("}");
        }

        return new Node(op, operands, results, attributes, Origin.None);
    }

    private List<int> ReadDeclarations(Dictionary<int, TensorType> types)
    {
        var values = new List<int>();
        do
        {
            SkipSpace();
            var start = _at;
            var value = ReadValueId();
            Take(":");
            var type = ReadType();
            if (types.ContainsKey(value))
            {
                _at = start;
                throw Error("a value that is not defined yet");
            }

            types.Add(value, type);
            values.Add(value);
        }
        while (TryTake(","));
        return values;
    }

    private List<int> ReadValues()
    {
        var values = new List<int>();
        do
            values.Add(ReadValueId());
        while (TryTake(","));
        return values;
    }

    private int ReadValueId()
    {
        SkipSpace();
        var start = _at;
        var digits = TryTake("%") ? While(char.IsDigit) : "";
        if (int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return value;
        _at = start;
        throw Error("a value such as %3");
    }

    private TensorType ReadType()
    {
        if (TryKeyword("f32"))
            return new TensorType(DType.F32, ReadShape());
        if (TryKeyword("i32"))
            return new TensorType(DType.I32, ReadShape());
        throw Error("a type such as f32[T, 4]");
    }

    private EquatableArray<Size> ReadShape()
    {
        Take("[");
        var shape = new List<Size>();
        if (!AtChar(']'))
        {
            do
                shape.Add(ReadSize());
            while (TryTake(","));
        }

        Take("]");
        return shape.ToEquatableArray();
    }

    private AttributeValue ReadValue()
    {
        if (TryTake("@"))
            return new SymbolValue(Name("a name"));
        if (AtChar('['))
            return new ShapeValue(ReadShape());
        if (TryKeyword("true"))
            return new FlagValue(true);
        if (TryKeyword("false"))
            return new FlagValue(false);
        return TryNumber() is { } number ? new NumberValue(number) : new SizeValue(ReadSize());
    }

    private ScalarExpression ReadScore()
    {
        if (TryTake("@"))
        {
            if (!TryTake("{"))
                return new ScalarExpression.Symbol(Name("a name"));
            var size = ReadSize();
            Take("}");
            return new ScalarExpression.Extent(size);
        }

        if (TryTake("#"))
        {
            if (!int.TryParse(While(char.IsDigit), NumberStyles.None, CultureInfo.InvariantCulture, out var operand))
                throw Error("an operand's number");
            Take("[");
            var indices = new List<ScalarExpression>();
            do
                indices.Add(ReadScore());
            while (TryTake(","));
            Take("]");
            return new ScalarExpression.Lookup(operand, indices.ToEquatableArray());
        }

        if (TryTake("("))
        {
            var op = Name("an op");
            if (op == TextIs)
            {
                Take("@");
                var text = new ScalarExpression.TextIs(Name("an option"), ReadString("a text"));
                if (TryTake(")"))
                    return text;
                text = text with { Index = ReadScore() };
                Take(")");
                return text;
            }

            if (op.EndsWith(ItemSuffix, StringComparison.Ordinal)
                && Enum.TryParse<OptionKind>(op.Substring(0, op.Length - ItemSuffix.Length), ignoreCase: true, out var kind))
            {
                Take("@");
                var item = new ScalarExpression.ItemOf(Name("an option"), kind, ReadScore());
                Take(")");
                return item;
            }

            var arguments = new List<ScalarExpression>();
            while (!TryTake(")"))
                arguments.Add(ReadScore());
            return new ScalarExpression.Apply(op, arguments.ToEquatableArray());
        }

        return TryNumber() is { } number
            ? new ScalarExpression.Constant(number)
            : new ScalarExpression.Input(Name("an expression such as (sub score query)"));
    }

    // A number has a point or an exponent; an integer alone is a size.
    private double? TryNumber()
    {
        SkipSpace();
        var start = _at;
        var sign = TryTake("-") ? -1.0 : 1.0;
        if (TryKeyword(".inf"))
            return sign * double.PositiveInfinity;
        if (sign > 0 && TryKeyword(".nan"))
            return double.NaN;
        var isNumber = false;
        var hasDigits = While(char.IsDigit).Length > 0;
        if (hasDigits && Peek() == '.')
        {
            _at++;
            isNumber = While(char.IsDigit).Length > 0;
        }

        if (hasDigits && Peek() is 'e' or 'E')
        {
            _at++;
            if (Peek() is '+' or '-')
                _at++;
            isNumber = While(char.IsDigit).Length > 0;
        }

        if (isNumber && double.TryParse(_text.Substring(start, _at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            return value;
        _at = start;
        return null;
    }

    // A size ends at a delimiter outside parentheses.
    private Size ReadSize()
    {
        SkipSpace();
        var (start, depth, end) = (_at, 0, _at);
        while (end < _text.Length)
        {
            var c = _text[end];
            depth += c switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth < 0 || c is ',' or ']' or '}' or '\n' || (c == '/' && end + 1 < _text.Length && _text[end + 1] == '/'))
                break;
            end++;
        }

        var text = _text.Substring(start, end - start);
        if (SizeParser.TryParse(text, Size.Symbol, out var error) is not { } size)
            throw Error($"a size ({error})");
        _at = end;
        return size;
    }

    private string ReadWord()
    {
        if (AtQuote())
            return ReadString("a default");
        var word = While(GraphText.IsWordPart);
        return word.Length > 0 ? word : throw Error("a default");
    }

    private string ReadString(string expected)
    {
        if (!AtQuote())
            throw Error($"{expected} in quotes");
        var start = _at++;
        var text = new StringBuilder();
        while (Peek() is { } c && c != '\n')
        {
            _at++;
            if (c == '"')
                return text.ToString();
            if (c != '\\')
            {
                text.Append(c);
                continue;
            }

            if (Peek() is '"' or '\\')
            {
                text.Append(_text[_at++]);
            }
            else if (_at + 5 <= _text.Length && _text[_at] == 'u'
                && int.TryParse(_text.Substring(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                text.Append((char)code);
                _at += 5;
            }
            else
            {
                throw Error("one of the escapes \\\", \\\\ and \\u0000");
            }
        }

        _at = start;
        throw Error("a closing quote on the same line");
    }

    private string Name(string expected)
    {
        if (AtQuote())
            return ReadString(expected);
        return Peek() is { } c && GraphText.IsNameStart(c) ? While(GraphText.IsNamePart) : throw Error(expected);
    }

    private void Keyword(string word)
    {
        if (!TryKeyword(word))
            throw Error($"'{word}'");
    }

    private bool TryKeyword(string word)
    {
        if (!Keywords.Contains(word))
            throw new InvalidOperationException($"'{word}' is not in {nameof(Keywords)}");
        SkipSpace();
        var end = _at + word.Length;
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0
            || (end < _text.Length && (GraphText.IsNamePart(_text[end]) || _text[end] == '-')))
            return false;
        _at = end;
        return true;
    }

    private void Take(string mark)
    {
        if (!TryTake(mark))
            throw Error($"'{mark}'");
    }

    private bool TryTake(string mark)
    {
        SkipSpace();
        if (string.CompareOrdinal(_text, _at, mark, 0, mark.Length) != 0)
            return false;
        _at += mark.Length;
        return true;
    }

    private bool AtEnd()
    {
        SkipSpace();
        return _at >= _text.Length;
    }

    private bool AtQuote() => AtChar('"');

    private bool AtChar(char c)
    {
        SkipSpace();
        return Peek() == c;
    }

    private char? Peek() => _at < _text.Length ? _text[_at] : null;

    private string While(Func<char, bool> belongs)
    {
        var start = _at;
        while (_at < _text.Length && belongs(_text[_at]))
            _at++;
        return _text.Substring(start, _at - start);
    }

    private void SkipSpace()
    {
        while (_at < _text.Length)
        {
            if (string.CompareOrdinal(_text, _at, "//", 0, 2) == 0)
                While(static c => c != '\n');
            else if (char.IsWhiteSpace(_text[_at]))
                _at++;
            else
                return;
        }
    }

    private GraphFormatException Error(string expected)
    {
        SkipSpace();
        var before = _text.Substring(0, _at);
        var (line, column) = (before.Count(static c => c == '\n') + 1, _at - before.LastIndexOf('\n'));
        var found = "the end of the text";
        if (_at < _text.Length)
        {
            var start = _at;
            var word = While(static c => GraphText.IsNamePart(c) || c is '%' or '@' or '#');
            found = $"'{(word.Length > 0 ? word : _text[start].ToString())}'";
        }

        return new GraphFormatException(line, column, found, expected);
    }
}
