using System.Text;

namespace Cambium.Text.Templates;

/// <summary>Parses expressions: one method for each level of precedence, from <see cref="Tuple"/> down to <see cref="Primary"/>.</summary>
/// <remarks>
/// Every method throws <see cref="ChatTemplateException"/> for an expression that is malformed or has something that is not supported.
/// </remarks>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<=", ">=", "<", ">"];

    /// <summary>
    /// Names that the expressions read so far mention. A macro has <c>varargs</c> and <c>kwargs</c> only if its body mentions them.
    /// </summary>
    public HashSet<string> Names { get; set; } = new(StringComparer.Ordinal);

    /// <summary>One expression, or several with commas between them.</summary>
    public Expression Tuple(bool withConditional = true, string? end = null)
    {
        int line = tokens.Peek.Line;
        var items = new List<Expression>();
        bool isTuple = false;
        while (true)
        {
            if (items.Count > 0 && EndsTuple(end))
                break;
            items.Add(withConditional ? Expr() : Or());
            if (!tokens.Skip(","))
                break;
            isTuple = true;
        }

        return isTuple ? new ListLiteral(line, items, isTuple: true) : items[0];
    }

    private bool EndsTuple(string? end) =>
        tokens.Peek.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End
            || tokens.IsOperator(")") || (end is not null && tokens.IsName(end));

    public Expression Expr()
    {
        tokens.Enter();
        int line = tokens.Peek.Line;
        Expression value = Or();
        while (tokens.Skip("if"))
        {
            Expression test = Or();
            value = new Conditional(line, test, value, tokens.Skip("else") ? Expr() : null);
        }

        tokens.Leave();
        return value;
    }

    private Expression Or()
    {
        Expression left = And();
        while (tokens.Peek.Line is var line && tokens.Skip("or"))
            left = new Either(line, left, And());
        return left;
    }

    private Expression And()
    {
        Expression left = Negation();
        while (tokens.Peek.Line is var line && tokens.Skip("and"))
            left = new Both(line, left, Negation());
        return left;
    }

    private Expression Negation()
    {
        int line = tokens.Peek.Line;
        if (!tokens.Skip("not"))
            return Compared();
        tokens.Enter();
        var not = new Not(line, Negation());
        tokens.Leave();
        return not;
    }

    private Expression Compared()
    {
        int line = tokens.Peek.Line;
        Expression first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (tokens.Peek.Kind == TokenKind.Operator && Comparisons.Contains(tokens.Peek.Text))
                rest.Add((tokens.Next().Text, Sum()));
            else if (tokens.Skip("in"))
                rest.Add(("in", Sum()));
            else if (tokens.IsName("not") && tokens.IsName("in", ahead: 1))
                rest.Add((tokens.Skip("not") && tokens.Skip("in") ? "not in" : "", Sum()));
            else
                break;
        }

        return rest.Count == 0 ? first : new Comparison(line, first, rest);
    }

    private Expression Sum()
    {
        Expression left = Joined();
        while (tokens.IsOperator("+") || tokens.IsOperator("-"))
        {
            TemplateToken sign = tokens.Next();
            left = new Binary(sign.Line, sign.Text, left, Joined());
        }

        return left;
    }

    private Expression Joined()
    {
        int line = tokens.Peek.Line;
        var parts = new List<Expression> { Product() };
        while (tokens.Skip("~"))
            parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Concatenation(line, parts);
    }

    private Expression Product()
    {
        Expression left = PowerOf();
        while (tokens.IsOperator("*") || tokens.IsOperator("/") || tokens.IsOperator("//") || tokens.IsOperator("%"))
        {
            TemplateToken sign = tokens.Next();
            left = new Binary(sign.Line, sign.Text, left, PowerOf());
        }

        return left;
    }

    private Expression PowerOf()
    {
        Expression left = Unary();
        while (tokens.IsOperator("**"))
        {
            TemplateToken sign = tokens.Next();
            left = new Binary(sign.Line, "**", left, Unary());
        }

        return left;
    }

    private Expression Unary(bool withFilters = true)
    {
        tokens.Enter();
        int line = tokens.Peek.Line;
        Expression value;
        if (tokens.Skip("-"))
            value = new Sign(line, Unary(withFilters: false), negative: true);
        else if (tokens.Skip("+"))
            value = new Sign(line, Unary(withFilters: false), negative: false);
        else
            value = Postfix(Primary());
        if (withFilters)
            value = FiltersAndTests(value);
        tokens.Leave();
        return value;
    }

    private Expression Primary()
    {
        TemplateToken token = tokens.Peek;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Next();
                Names.Add(token.Text);
                return token.Text switch
                {
                    "true" or "True" => new Constant(token.Line, true),
                    "false" or "False" => new Constant(token.Line, false),
                    "none" or "None" => new Constant(token.Line, null),
                    _ => new Name(token.Line, token.Text),
                };
            case TokenKind.String:
                var text = new StringBuilder();
                // Adjacent string literals are one string.
                while (tokens.Peek.Kind == TokenKind.String)
                    text.Append(tokens.Next().Text);
                return new Constant(token.Line, PyText.OfTemplate(text.ToString()));
            case TokenKind.Integer or TokenKind.Float:
                tokens.Next();
                return new Constant(token.Line, token.Value);
        }

        if (tokens.Skip("("))
        {
            if (tokens.Skip(")"))
                return new ListLiteral(token.Line, [], isTuple: true);
            Expression inner = Tuple();
            tokens.Expect(")");
            return inner;
        }

        if (tokens.Skip("["))
        {
            var items = new List<Expression>();
            while (!tokens.Skip("]"))
            {
                if (items.Count > 0)
                    tokens.Expect(",");
                if (items.Count > 0 && tokens.Skip("]"))
                    break;
                items.Add(Expr());
            }

            return new ListLiteral(token.Line, items, isTuple: false);
        }

        return tokens.Skip("{") ? Dict(token.Line) : throw tokens.Unexpected("an expression");
    }

    private DictLiteral Dict(int line)
    {
        var items = new List<(Expression, Expression)>();
        while (!tokens.Skip("}"))
        {
            if (items.Count > 0)
                tokens.Expect(",");
            if (items.Count > 0 && tokens.Skip("}"))
                break;
            Expression key = Expr();
            tokens.Expect(":");
            items.Add((key, Expr()));
        }

        return new DictLiteral(line, items);
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            int line = tokens.Peek.Line;
            if (tokens.Skip("."))
            {
                TemplateToken field = tokens.Next();
                value = field.Kind switch
                {
                    TokenKind.Name => new FieldAccess(line, value, field.Text),
                    TokenKind.Integer => new IndexAccess(line, value, new Constant(line, field.Value)),
                    _ => throw TokenReader.Unexpected(field, "a name"),
                };
            }
            else if (tokens.Skip("["))
            {
                value = Subscript(line, value);
            }
            else if (tokens.IsOperator("("))
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
        Expression? from = tokens.IsOperator(":") ? null : Tuple();
        if (!tokens.IsOperator(":"))
        {
            tokens.Expect("]");
            return new IndexAccess(line, target, from!);
        }

        tokens.Expect(":");
        Expression? to = tokens.IsOperator(":") || tokens.IsOperator("]") ? null : Expr();
        Expression? step = tokens.Skip(":") && !tokens.IsOperator("]") ? Expr() : null;
        tokens.Expect("]");
        return new SliceAccess(line, target, from, to, step);
    }

    private Expression FiltersAndTests(Expression value)
    {
        while (true)
        {
            int line = tokens.Peek.Line;
            if (tokens.Skip("|"))
                value = Filter(line, value);
            else if (tokens.Skip("is"))
                value = Test(line, value);
            // A call after a filter calls its result.
            else if (tokens.IsOperator("("))
                value = new Call(line, value, CallArguments());
            else
                return value;
        }
    }

    public FilterCall Filter(int line, Expression? target)
    {
        string name = DottedName();
        if (!Filters.All.ContainsKey(name))
        {
            throw new ChatTemplateException(line, $"The filter '{Excerpt.Of(name)}' is not supported; supported are {Listed(Filters.All.Keys)}.");
        }

        return new FilterCall(line, target, name, tokens.IsOperator("(") ? CallArguments() : ArgumentList.Empty);
    }

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));

    private TestCall Test(int line, Expression target)
    {
        bool negated = tokens.Skip("not");
        TemplateToken sign = tokens.Peek;
        string name = DottedName();
        if (!Tests.All.ContainsKey(name))
        {
            throw new ChatTemplateException(sign.Line, $"The test '{Excerpt.Of(name)}' is not supported; supported are {Listed(Tests.All.Keys)}.");
        }

        ArgumentList arguments = ArgumentList.Empty;
        if (tokens.IsOperator("("))
            arguments = CallArguments();
        else if (TakesArgument())
            arguments = new ArgumentList([(Postfix(Primary()), false)], []);
        return new TestCall(line, target, name, arguments, negated);
    }

    private bool TakesArgument()
    {
        if (tokens.IsName("is"))
            throw new ChatTemplateException(tokens.Peek.Line, "Tests cannot follow one another; write 'and' between them.");
        return tokens.Peek.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float
            || (tokens.Peek.Kind == TokenKind.Name && tokens.Peek.Text is not ("else" or "or" or "and" or "if" or "in" or "not" or "recursive"))
            || tokens.IsOperator("[") || tokens.IsOperator("{");
    }

    private string DottedName()
    {
        var name = new StringBuilder(tokens.ExpectName());
        while (tokens.Skip("."))
            name.Append('.').Append(tokens.ExpectName());
        return name.ToString();
    }

    private ArgumentList CallArguments()
    {
        var positional = new List<(Expression, bool)>();
        var named = new List<(string?, Expression)>();
        tokens.Expect("(");
        bool any = false;
        while (!tokens.Skip(")"))
        {
            if (any)
                tokens.Expect(",");
            if (any && tokens.Skip(")"))
                break;
            any = true;
            if (tokens.Skip("**"))
            {
                named.Add((null, Expr()));
            }
            else if (tokens.Skip("*"))
            {
                positional.Add((Expr(), true));
            }
            else if (tokens.Peek.Kind == TokenKind.Name && tokens.IsOperator("=", ahead: 1))
            {
                string name = tokens.Next().Text;
                tokens.Next();
                named.Add((name, Expr()));
            }
            else if (named.Count > 0)
            {
                throw new ChatTemplateException(tokens.Peek.Line, "An argument without a name follows one with a name.");
            }
            else
            {
                positional.Add((Expr(), false));
            }
        }

        return new ArgumentList(positional, named);
    }
}
