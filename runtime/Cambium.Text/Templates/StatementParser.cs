namespace Cambium.Text.Templates;

/// <summary>Parses statements and the text between them.</summary>
internal sealed class StatementParser(TokenReader tokens, ExpressionParser expressions)
{
    private int _loops;

    /// <exception cref="ChatTemplateException">The template is malformed, or has something that is not supported.</exception>
    public static Block Parse(string source, int maxDepth)
    {
        var tokens = new TokenReader(TemplateLexer.Read(source), maxDepth);
        Block block = new StatementParser(tokens, new ExpressionParser(tokens)).Body([]);
        return tokens.Peek.Kind == TokenKind.End ? block : throw tokens.Unexpected("a statement that ends nothing");
    }

    /// <summary>Statements up to an end statement, whose name is not read yet.</summary>
    private Block Body(params ReadOnlySpan<string> ends)
    {
        tokens.Enter();
        var statements = new List<Statement>();
        while (true)
        {
            TemplateToken token = tokens.Peek;
            if (token.Kind == TokenKind.End)
            {
                if (ends.Length > 0)
                    throw new ChatTemplateException(token.Line, $"Found the end of the template, expected '{ends[^1]}'.");
                break;
            }

            tokens.Next();
            if (token.Kind == TokenKind.Data)
            {
                statements.Add(new Literal(token.Line, PyText.OfTemplate(token.Text)));
            }
            else if (token.Kind == TokenKind.VariableBegin)
            {
                statements.Add(new Output(token.Line, expressions.Tuple()));
                tokens.Expect(TokenKind.VariableEnd);
            }
            else if (tokens.Peek.Kind == TokenKind.Name && ends.Contains(tokens.Peek.Text))
            {
                break;
            }
            else
            {
                statements.Add(ReadStatement(token.Line));
            }
        }

        tokens.Leave();
        return new Block(statements);
    }

    private Statement ReadStatement(int line)
    {
        string name = tokens.ExpectName();
        switch (name)
        {
            case "if":
                return ReadIf(line);
            case "for":
                return ReadFor(line);
            case "set":
                return ReadSet(line);
            case "macro":
                return new Macro(line, ReadMacro(tokens.ExpectName(), "endmacro"));
            case "call":
                return ReadCall(line);
            case "filter":
                FilterCall filter = expressions.Filter(line, null);
                while (tokens.Skip("|"))
                    filter = expressions.Filter(line, filter);
                return new FilterBlock(line, filter, EndingIn("endfilter"));
            case "with":
                return ReadWith(line);
            case "generation":
                return new Enclosed(line, EndingIn("endgeneration"));
            case "break" or "continue":
                if (_loops == 0)
                    throw new ChatTemplateException(line, $"'{name}' is outside of a loop.");
                tokens.Expect(TokenKind.BlockEnd);
                return new Jump(line, name == "break" ? Flow.Break : Flow.Continue);
            case "include" or "import" or "from" or "extends" or "block" or "autoescape" or "trans" or "do" or "debug":
                throw new ChatTemplateException(
                    line, $"The statement '{name}' is not supported: chat templates are one file without extensions of that kind.");
            default:
                throw new ChatTemplateException(line, $"'{name}' is not a statement, or it ends a block that is not open.");
        }
    }

    /// <summary>Reads the end of a statement's tag, its body, and the tag that ends it.</summary>
    private Block EndingIn(string end)
    {
        tokens.Expect(TokenKind.BlockEnd);
        Block body = Body(end);
        tokens.Next();
        tokens.Expect(TokenKind.BlockEnd);
        return body;
    }

    private If ReadIf(int line)
    {
        var branches = new List<(Expression?, Block)>();
        Expression? test = expressions.Tuple(withConditional: false);
        while (true)
        {
            tokens.Expect(TokenKind.BlockEnd);
            branches.Add((test, test is null ? Body("endif") : Body("elif", "else", "endif")));
            string end = tokens.Next().Text;
            if (end == "endif")
                break;
            test = end == "elif" ? expressions.Tuple(withConditional: false) : null;
        }

        tokens.Expect(TokenKind.BlockEnd);
        return new If(line, branches);
    }

    private For ReadFor(int line)
    {
        Target target = Targets("in");
        tokens.Expect("in");
        Expression items = expressions.Tuple(withConditional: false, "recursive");
        Expression? test = tokens.Skip("if") ? expressions.Expr() : null;
        bool isRecursive = tokens.Skip("recursive");
        tokens.Expect(TokenKind.BlockEnd);
        _loops++;
        Block body = Body("else", "endfor");
        _loops--;
        Block? otherwise = null;
        if (tokens.Next().Text == "else")
        {
            tokens.Expect(TokenKind.BlockEnd);
            otherwise = Body("endfor");
            tokens.Next();
        }

        tokens.Expect(TokenKind.BlockEnd);
        return new For(line, target, items, test, body, otherwise, isRecursive);
    }

    private Statement ReadSet(int line)
    {
        Target target = Targets("=");
        if (tokens.Skip("="))
        {
            Expression value = expressions.Tuple();
            tokens.Expect(TokenKind.BlockEnd);
            return new Set(line, target, value);
        }

        FilterCall? filter = tokens.IsOperator("|") ? FilterChain(line) : null;
        return new SetBlock(line, target, filter, EndingIn("endset"));
    }

    private FilterCall FilterChain(int line)
    {
        FilterCall? filter = null;
        while (tokens.Skip("|"))
            filter = expressions.Filter(line, filter);
        return filter!;
    }

    private CallBlock ReadCall(int line)
    {
        List<(string, Expression?)> parameters = tokens.IsOperator("(") ? Parameters() : [];
        Expression expression = expressions.Expr();
        if (expression is not Call call)
            throw new ChatTemplateException(line, "A call block calls a macro.");
        return new CallBlock(line, call, MacroOf("caller", parameters, "endcall"));
    }

    private With ReadWith(int line)
    {
        var values = new List<(Target, Expression)>();
        while (tokens.Peek.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
                tokens.Expect(",");
            Target target = Targets("=", several: false);
            tokens.Expect("=");
            values.Add((target, expressions.Expr()));
        }

        return new With(line, values, EndingIn("endwith"));
    }

    private MacroBody ReadMacro(string name, string end) => MacroOf(name, Parameters(), end);

    private MacroBody MacroOf(string name, List<(string, Expression?)> parameters, string end)
    {
        if (parameters.Exists(static parameter => parameter is { Item1: "caller", Item2: null }))
            throw new ChatTemplateException(tokens.Peek.Line, $"The parameter 'caller' of '{name}' has no default; leave it out, or give it one.");
        HashSet<string> around = expressions.Names;
        int loops = _loops;
        expressions.Names = new HashSet<string>(StringComparer.Ordinal);
        _loops = 0;
        Block body = EndingIn(end);
        var macro = new MacroBody(name, parameters, body, expressions.Names);
        around.UnionWith(expressions.Names);
        expressions.Names = around;
        _loops = loops;
        return macro;
    }

    private List<(string Name, Expression? Default)> Parameters()
    {
        var parameters = new List<(string, Expression?)>();
        tokens.Expect("(");
        while (!tokens.Skip(")"))
        {
            if (parameters.Count > 0)
                tokens.Expect(",");
            if (parameters.Count > 0 && tokens.Skip(")"))
                break;
            string name = tokens.ExpectName();
            parameters.Add((name, tokens.Skip("=") ? expressions.Expr() : null));
        }

        return parameters;
    }

    private Target Targets(string end, bool several = true)
    {
        var targets = new List<Target>();
        bool isTuple = false;
        do
        {
            if (targets.Count > 0 && (tokens.IsOperator(end) || tokens.IsName(end)))
                break;
            targets.Add(OneTarget(end));
            isTuple |= several && tokens.IsOperator(",");
        }
        while (several && tokens.Skip(","));
        return isTuple ? new Target(null, null, targets) : targets[0];
    }

    private Target OneTarget(string end)
    {
        if (tokens.Skip("("))
        {
            tokens.Enter();
            Target inner = Targets(")");
            tokens.Expect(")");
            tokens.Leave();
            return inner;
        }

        int line = tokens.Peek.Line;
        string name = tokens.ExpectName();
        if (name is "true" or "false" or "none" or "True" or "False" or "None")
            throw new ChatTemplateException(line, $"'{name}' cannot be set.");
        return new Target(name, end != "in" && tokens.Skip(".") ? tokens.ExpectName() : null, null);
    }
}
