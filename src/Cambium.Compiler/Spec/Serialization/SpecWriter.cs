using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Spec.Serialization;

/// <summary>Writes a spec field by field, in the order in which <see cref="SpecReader"/> takes them.</summary>
internal sealed class SpecWriter
{
    private readonly StringBuilder _text = new();

    public static string Write(ClassSpec spec)
    {
        var writer = new SpecWriter();
        writer.Class(spec);
        return writer._text.ToString();
    }

    private void Class(ClassSpec type)
    {
        Open("class");
        String(type.TypeName);
        String(type.Name);
        Array(type.Dims, Dim);
        Array(type.Options, Option);
        Array(type.Weights, Weight);
        Array(type.Children, Child);
        Array(type.Functions, Function);
        Array(type.Expectations, Expectation);
        if (type.Base is { } extended)
            Base(extended);
        Close();
    }

    private void Base(BaseSpec extended)
    {
        Open("base");
        String(extended.BlockType);
        String(extended.Assembly);
        Close();
    }

    private void Dim(DimSpec dim)
    {
        Open("dim");
        Int(dim.Id);
        String(dim.Name);
        String(dim.Path);
        String(dim.Default);
        Close();
    }

    private void Option(OptionSpec option)
    {
        Open("option");
        Int(option.Id);
        String(option.Name);
        Word(option.Kind.ToString());
        String(option.Path);
        String(option.Default);
        Bool(option.IsList);
        Array(option.Choices, Choice);
        Close();
    }

    private void Choice(ChoiceSpec choice)
    {
        Open("choice");
        String(choice.Name);
        Array(choice.Spellings, String);
        Close();
    }

    private void Weight(WeightSpec weight)
    {
        Open("weight");
        Int(weight.Id);
        String(weight.Name);
        String(weight.Path);
        String(weight.Shape);
        String(weight.When);
        String(weight.TiedTo);
        String(weight.TiedWhen);
        Bool(weight.IsTransposed);
        Close();
    }

    private void Child(ChildSpec child)
    {
        Open("child");
        Int(child.Id);
        String(child.Name);
        String(child.Prefix);
        String(child.BlockType);
        String(child.Count);
        String(child.Assembly);
        Close();
    }

    private void Expectation(ExpectationSpec expectation)
    {
        Open("expects");
        String(expectation.Path);
        Array(expectation.Values, String);
        Close();
    }

    private void Function(FunctionSpec function)
    {
        Open("function");
        Int(function.Id);
        String(function.Name);
        Array(function.Parameters, Parameter);
        Array(function.Body, Statement);
        Flag(function.IsVirtual, "virtual");
        Close();
    }

    private void Parameter(ParameterSpec parameter)
    {
        Open("parameter");
        String(parameter.Name);
        Word(parameter.Kind.ToString());
        Close();
    }

    private void Statement(Statement statement)
    {
        switch (statement)
        {
            case Assign assign:
                Open("assign");
                Int(assign.Id);
                Array(assign.Targets, String);
                Expression(assign.Value);
                break;
            case ForEach loop:
                Open("foreach");
                Int(loop.Id);
                String(loop.Variable);
                String(loop.Stack);
                String(loop.Index);
                Array(loop.Body, Statement);
                break;
            case If branch:
                Open("if");
                Int(branch.Id);
                Expression(branch.Condition);
                Array(branch.Then, Statement);
                Array(branch.Else, Statement);
                break;
            case Return result:
                Open("return");
                Int(result.Id);
                Expression(result.Value);
                break;
            default:
                throw Unknown(statement);
        }

        Close();
    }

    private void Expression(Expression expression)
    {
        switch (expression)
        {
            case LocalRef local:
                Open("local");
                Int(local.Id);
                String(local.Name);
                break;
            case MemberRef member:
                Open("member");
                Int(member.Id);
                String(member.Name);
                break;
            case PropertyRef property:
                Open("property");
                Int(property.Id);
                Expression(property.Target);
                String(property.Name);
                break;
            case ItemOf item:
                Open("item");
                Int(item.Id);
                Expression(item.Target);
                Expression(item.Index);
                break;
            case Number number:
                Open("number");
                Int(number.Id);
                Double(number.Value);
                Bool(number.IsInteger);
                break;
            case Truth truth:
                Open("truth");
                Int(truth.Id);
                Bool(truth.Value);
                break;
            case Text text:
                Open("text");
                Int(text.Id);
                String(text.Value);
                break;
            case OpCall call:
                Open("op");
                Int(call.Id);
                String(call.Op);
                Array(call.Arguments, Argument);
                break;
            case HostOp host:
                Open("host");
                Int(host.Id);
                String(host.Operator);
                Array(host.Operands, Expression);
                break;
            case Conditional conditional:
                Open("conditional");
                Int(conditional.Id);
                Expression(conditional.Condition);
                Expression(conditional.WhenTrue);
                Expression(conditional.WhenFalse);
                break;
            case BlockCall call:
                Open("call");
                Int(call.Id);
                Optional(call.Target, Expression);
                String(call.Function);
                Array(call.Arguments, Expression);
                Flag(call.IsOfBase, "base");
                break;
            case TupleOf tuple:
                Open("tuple");
                Int(tuple.Id);
                Array(tuple.Items, Expression);
                break;
            case LambdaOf lambda:
                Open("lambda");
                Int(lambda.Id);
                Array(lambda.Parameters, String);
                Expression(lambda.Body);
                break;
            default:
                throw Unknown(expression);
        }

        Close();
    }

    private void Argument(Argument argument)
    {
        Open("argument");
        String(argument.Parameter);
        Expression(argument.Value);
        Close();
    }

    private static InvalidOperationException Unknown(object record) => new($"{nameof(SpecWriter)} does not know {record.GetType().Name}: write it here, read it in {nameof(SpecReader)}, and raise {nameof(SpecFormat)}.{nameof(SpecFormat.Version)}");

    private void Open(string tag)
    {
        Separate();
        _text.Append('(').Append(tag);
    }

    private void Close() => _text.Append(')');

    private void Array<T>(EquatableArray<T> items, Action<T> write)
    {
        Separate();
        _text.Append('[');
        foreach (var item in items)
            write(item);
        _text.Append(']');
    }

    private void Optional<T>(T? value, Action<T> write)
        where T : class
    {
        if (value is null)
            Word("-");
        else
            write(value);
    }

    private void Int(int value) => Word(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A word at the end of a record, which texts from before there was such a flag do not have.</summary>
    private void Flag(bool value, string word)
    {
        if (value)
            Word(word);
    }

    private void Bool(bool value) => Word(value ? "true" : "false");

    // Digits depend on the runtime that prints them; bits do not.
    private void Double(double value) => Word("x" + BitConverter.DoubleToInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture));

    private void Word(string word)
    {
        Separate();
        _text.Append(word);
    }

    private void String(string? value)
    {
        if (value is null)
        {
            Word("-");
            return;
        }

        Separate();
        _text.Append('"');
        foreach (var letter in value)
        {
            if (letter is '"' or '\\')
                _text.Append('\\').Append(letter);
            else if (letter is >= ' ' and <= '~')
                _text.Append(letter);
            else
                _text.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
        }

        _text.Append('"');
    }

    private void Separate()
    {
        if (_text.Length > 0 && _text[_text.Length - 1] is not '[')
            _text.Append(' ');
    }
}
