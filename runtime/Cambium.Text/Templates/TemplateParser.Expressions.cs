using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

internal sealed partial class TemplateParser
{
    private static readonly string[] Comparisons = ["==", "!=", "<=", ">=", "<", ">"];

    /// <summary>One expression, or several with commas between them.</summary>
    private Expression Tuple(bool withConditional = true, string? end = null)
    {
        int line = Peek.Line;
        var items = new List<Expression>();
        bool isTuple = false;
        while (true)
        {
            if (items.Count > 0 && EndsTuple(end))
                break;
            items.Add(withConditional ? Expr() : Or());
            if (!Skip(","))
                break;
            isTuple = true;
        }

        return isTuple ? new ListLiteral(line, items, isTuple: true) : items[0];
    }

    private bool EndsTuple(string? end) => Peek.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End || IsOperator(")") || (end is not null && IsName(end));

    private Expression Expr()
    {
        Enter();
        int line = Peek.Line;
        Expression value = Or();
        while (Skip("if"))
        {
            Expression test = Or();
            value = new Conditional(line, test, value, Skip("else") ? Expr() : null);
        }

        _depth--;
        return value;
    }

    private Expression Or()
    {
        Expression left = And();
        while (Peek.Line is var line && Skip("or"))
            left = new Either(line, left, And());
        return left;
    }

    private Expression And()
    {
        Expression left = Negation();
        while (Peek.Line is var line && Skip("and"))
            left = new Both(line, left, Negation());
        return left;
    }

    private Expression Negation()
    {
        int line = Peek.Line;
        if (!Skip("not"))
            return Compared();
        Enter();
        var not = new Not(line, Negation());
        _depth--;
        return not;
    }

    private Expression Compared()
    {
        int line = Peek.Line;
        Expression first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Peek.Kind == TokenKind.Operator && Comparisons.Contains(Peek.Text))
                rest.Add((Next().Text, Sum()));
            else if (Skip("in"))
                rest.Add(("in", Sum()));
            else if (IsName("not") && IsName("in", ahead: 1))
                rest.Add((Skip("not") && Skip("in") ? "not in" : "", Sum()));
            else
                break;
        }

        return rest.Count == 0 ? first : new Comparison(line, first, rest);
    }

    private Expression Sum()
    {
        Expression left = Joined();
        while (IsOperator("+") || IsOperator("-"))
        {
            TemplateToken sign = Next();
            left = new Binary(sign.Line, sign.Text, left, Joined());
        }

        return left;
    }

    private Expression Joined()
    {
        int line = Peek.Line;
        var parts = new List<Expression> { Product() };
        while (Skip("~"))
            parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Concatenation(line, parts);
    }

    private Expression Product()
    {
        Expression left = PowerOf();
        while (IsOperator("*") || IsOperator("/") || IsOperator("//") || IsOperator("%"))
        {
            TemplateToken sign = Next();
            left = new Binary(sign.Line, sign.Text, left, PowerOf());
        }

        return left;
    }

    private Expression PowerOf()
    {
        Expression left = Unary();
        while (IsOperator("**"))
        {
            TemplateToken sign = Next();
            left = new Binary(sign.Line, "**", left, Unary());
        }

        return left;
    }

    private Expression Unary(bool withFilters = true)
    {
        Enter();
        int line = Peek.Line;
        Expression value;
        if (Skip("-"))
            value = new Sign(line, Unary(withFilters: false), negative: true);
        else if (Skip("+"))
            value = new Sign(line, Unary(withFilters: false), negative: false);
        else
            value = Postfix(Primary());
        if (withFilters)
            value = FiltersAndTests(value);
        _depth--;
        return value;
    }

    private Expression Primary()
    {
        TemplateToken token = Peek;
        switch (token.Kind)
        {
            case TokenKind.Name:
                _at++;
                _mentioned.Add(token.Text);
                return token.Text switch
                {
                    "true" or "True" => new Constant(token.Line, true),
                    "false" or "False" => new Constant(token.Line, false),
                    "none" or "None" => new Constant(token.Line, null),
                    _ => new Name(token.Line, token.Text),
                };
            case TokenKind.String:
                string text = "";
                // Texts side by side are one.
                while (Peek.Kind == TokenKind.String)
                    text += Next().Text;
                return new Constant(token.Line, text);
            case TokenKind.Integer or TokenKind.Float:
                _at++;
                return new Constant(token.Line, token.Value);
        }

        if (Skip("("))
        {
            if (Skip(")"))
                return new ListLiteral(token.Line, [], isTuple: true);
            Expression inner = Tuple();
            Expect(")");
            return inner;
        }

        if (Skip("["))
        {
            var items = new List<Expression>();
            while (!Skip("]"))
            {
                if (items.Count > 0)
                    Expect(",");
                if (items.Count > 0 && Skip("]"))
                    break;
                items.Add(Expr());
            }

            return new ListLiteral(token.Line, items, isTuple: false);
        }

        return Skip("{") ? Dict(token.Line) : throw Unexpected("an expression");
    }

    private DictLiteral Dict(int line)
    {
        var items = new List<(Expression, Expression)>();
        while (!Skip("}"))
        {
            if (items.Count > 0)
                Expect(",");
            if (items.Count > 0 && Skip("}"))
                break;
            Expression key = Expr();
            Expect(":");
            items.Add((key, Expr()));
        }

        return new DictLiteral(line, items);
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            int line = Peek.Line;
            if (Skip("."))
            {
                TemplateToken field = Next();
                value = field.Kind switch
                {
                    TokenKind.Name => new FieldAccess(line, value, field.Text),
                    TokenKind.Integer => new IndexAccess(line, value, new Constant(line, field.Value)),
                    _ => throw Error(field.Line, $"{Capital(field.ToString())} stands where a name is expected."),
                };
            }
            else if (Skip("["))
            {
                value = Subscript(line, value);
            }
            else if (IsOperator("("))
            {
                value = new Call(line, value, CallArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression Subscript(int line, Expression target)
    {
        Expression? from = IsOperator(":") ? null : Tuple();
        if (!IsOperator(":"))
        {
            Expect("]");
            return new IndexAccess(line, target, from!);
        }

        Expect(":");
        Expression? to = IsOperator(":") || IsOperator("]") ? null : Expr();
        Expression? step = Skip(":") && !IsOperator("]") ? Expr() : null;
        Expect("]");
        return new SliceAccess(line, target, from, to, step);
    }

    private Expression FiltersAndTests(Expression value)
    {
        while (true)
        {
            int line = Peek.Line;
            if (Skip("|"))
                value = Filter(line, value);
            else if (Skip("is"))
                value = Test(line, value);
            // A call after a filter calls its result.
            else if (IsOperator("("))
                value = new Call(line, value, CallArguments());
            else
                return value;
        }
    }

    private FilterCall Filter(int line, Expression? target)
    {
        string name = DottedName();
        if (!Filters.All.ContainsKey(name))
            throw Error(line, $"There is no filter '{name}'; there are {string.Join(", ", Filters.All.Keys.Order(StringComparer.Ordinal))}.");
        return new FilterCall(line, target, name, IsOperator("(") ? CallArguments() : ArgumentList.Empty);
    }

    private TestCall Test(int line, Expression target)
    {
        bool negated = Skip("not");
        TemplateToken sign = Peek;
        string name = DottedName();
        if (!Tests.All.ContainsKey(name))
            throw Error(sign.Line, $"There is no test '{name}'; there are {string.Join(", ", Tests.All.Keys.Order(StringComparer.Ordinal))}.");
        ArgumentList arguments = ArgumentList.Empty;
        if (IsOperator("("))
            arguments = CallArguments();
        else if (TakesArgument())
            arguments = new ArgumentList([(Postfix(Primary()), false)], []);
        return new TestCall(line, target, name, arguments, negated);
    }

    private bool TakesArgument()
    {
        if (IsName("is"))
            throw Error(Peek.Line, "Tests cannot follow one another; write 'and' between them.");
        return Peek.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float
            || (Peek.Kind == TokenKind.Name && Peek.Text is not ("else" or "or" or "and" or "if" or "in" or "not" or "recursive"))
            || IsOperator("[") || IsOperator("{");
    }

    private string DottedName()
    {
        string name = ExpectName();
        while (Skip("."))
            name += "." + ExpectName();
        return name;
    }

    private ArgumentList CallArguments()
    {
        var positional = new List<(Expression, bool)>();
        var named = new List<(string?, Expression)>();
        Expect("(");
        bool any = false;
        while (!Skip(")"))
        {
            if (any)
                Expect(",");
            if (any && Skip(")"))
                break;
            any = true;
            if (Skip("**"))
            {
                named.Add((null, Expr()));
            }
            else if (Skip("*"))
            {
                positional.Add((Expr(), true));
            }
            else if (Peek.Kind == TokenKind.Name && _at + 1 < _tokens.Count && _tokens[_at + 1] is { Kind: TokenKind.Operator, Text: "=" })
            {
                string name = Next().Text;
                _at++;
                named.Add((name, Expr()));
            }
            else if (named.Count > 0)
            {
                throw Error(Peek.Line, "An argument without a name follows one with a name.");
            }
            else
            {
                positional.Add((Expr(), false));
            }
        }

        return new ArgumentList(positional, named);
    }
}
