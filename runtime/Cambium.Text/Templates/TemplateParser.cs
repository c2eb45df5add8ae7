using System.Runtime.CompilerServices;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>Reads statements; its other half reads expressions.</summary>
internal sealed partial class TemplateParser
{
    private readonly List<TemplateToken> _tokens;
    private readonly int _mostDepth;
    private int _at;
    private int _depth;
    private int _loops;
    private HashSet<string> _mentioned = new(StringComparer.Ordinal);

    private TemplateParser(List<TemplateToken> tokens, int mostDepth)
    {
        _tokens = tokens;
        _mostDepth = mostDepth;
    }

    /// <exception cref="ChatTemplateException">The template is not well-formed, or has something that is not supported.</exception>
    public static Block Parse(string source, int mostDepth)
    {
        var parser = new TemplateParser(TemplateLexer.Read(source), mostDepth);
        Block block = parser.Body([]);
        return parser.Peek.Kind == TokenKind.End ? block : throw parser.Unexpected("a statement that ends nothing");
    }

    private TemplateToken Peek => _tokens[_at];

    private TemplateToken Next() => _tokens[_at] is var token && token.Kind != TokenKind.End ? _tokens[_at++] : token;

    private bool IsName(string text, int ahead = 0) => _at + ahead < _tokens.Count && _tokens[_at + ahead] is { Kind: TokenKind.Name } token && token.Text == text;

    private bool IsOperator(string text) => Peek.Kind == TokenKind.Operator && Peek.Text == text;

    private bool Skip(string text)
    {
        bool found = IsOperator(text) || IsName(text);
        if (found)
            _at++;
        return found;
    }

    private void Expect(string text)
    {
        if (!Skip(text))
            throw Unexpected($"'{text}'");
    }

    private void Expect(TokenKind kind)
    {
        if (Peek.Kind != kind)
            throw Unexpected(kind == TokenKind.BlockEnd ? "'%}'" : "'}}'");
        _at++;
    }

    private string ExpectName()
    {
        if (Peek.Kind != TokenKind.Name)
            throw Unexpected("a name");
        return Next().Text;
    }

    private ChatTemplateException Unexpected(string expected) => new(Peek.Line, $"{Capital(Peek.ToString())} stands where {expected} is expected.");

    private ChatTemplateException Error(int line, string problem) => new(line, problem);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private void Enter()
    {
        if (++_depth > _mostDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ChatTemplateException(Peek.Line, $"Statements and expressions are nested more than {_mostDepth} deep.");
    }

    /// <summary>Statements up to one of those that end them, whose name is not yet read.</summary>
    private Block Body(params ReadOnlySpan<string> ends)
    {
        Enter();
        var statements = new List<Statement>();
        while (true)
        {
            TemplateToken token = Peek;
            if (token.Kind == TokenKind.End)
            {
                if (ends.Length > 0)
                    throw new ChatTemplateException(token.Line, $"The template ends where '{ends[^1]}' is expected.");
                break;
            }

            _at++;
            if (token.Kind == TokenKind.Data)
            {
                statements.Add(new Literal(token.Line, token.Text));
            }
            else if (token.Kind == TokenKind.VariableBegin)
            {
                statements.Add(new Output(token.Line, Tuple()));
                Expect(TokenKind.VariableEnd);
            }
            else if (Peek.Kind == TokenKind.Name && ends.Contains(Peek.Text))
            {
                break;
            }
            else
            {
                statements.Add(ReadStatement(token.Line));
            }
        }

        _depth--;
        return new Block(statements);
    }

    private Statement ReadStatement(int line)
    {
        string name = ExpectName();
        switch (name)
        {
            case "if":
                return ReadIf(line);
            case "for":
                return ReadFor(line);
            case "set":
                return ReadSet(line);
            case "macro":
                return new Macro(line, ReadMacro(ExpectName(), "endmacro"));
            case "call":
                return ReadCall(line);
            case "filter":
                FilterCall filter = Filter(line, null);
                while (Skip("|"))
                    filter = Filter(line, filter);
                return new FilterBlock(line, filter, EndingIn("endfilter"));
            case "with":
                return ReadWith(line);
            case "generation":
                return new Enclosed(line, EndingIn("endgeneration"));
            case "break" or "continue":
                if (_loops == 0)
                    throw Error(line, $"'{name}' stands outside of any loop.");
                Expect(TokenKind.BlockEnd);
                return new Jump(line, name == "break" ? Flow.Break : Flow.Continue);
            case "include" or "import" or "from" or "extends" or "block" or "autoescape" or "trans" or "do" or "debug":
                throw Error(line, $"The statement '{name}' is not supported: chat templates are one file without extensions of that kind.");
            default:
                throw Error(line, $"There is no statement '{name}', or nothing that it would end.");
        }
    }

    /// <summary>The end of a statement, its body, and the statement that ends it.</summary>
    private Block EndingIn(string end)
    {
        Expect(TokenKind.BlockEnd);
        Block body = Body(end);
        _at++;
        Expect(TokenKind.BlockEnd);
        return body;
    }

    private If ReadIf(int line)
    {
        var branches = new List<(Expression?, Block)>();
        Expression? test = Tuple(withConditional: false);
        while (true)
        {
            Expect(TokenKind.BlockEnd);
            branches.Add((test, test is null ? Body("endif") : Body("elif", "else", "endif")));
            string end = Next().Text;
            if (end == "endif")
                break;
            test = end == "elif" ? Tuple(withConditional: false) : null;
        }

        Expect(TokenKind.BlockEnd);
        return new If(line, branches);
    }

    private For ReadFor(int line)
    {
        Target target = Targets("in");
        Expect("in");
        Expression items = Tuple(withConditional: false, "recursive");
        Expression? test = Skip("if") ? Expr() : null;
        bool isRecursive = Skip("recursive");
        Expect(TokenKind.BlockEnd);
        _loops++;
        Block body = Body("else", "endfor");
        _loops--;
        Block? otherwise = null;
        if (Next().Text == "else")
        {
            Expect(TokenKind.BlockEnd);
            otherwise = Body("endfor");
            _at++;
        }

        Expect(TokenKind.BlockEnd);
        return new For(line, target, items, test, body, otherwise, isRecursive);
    }

    private Statement ReadSet(int line)
    {
        Target target = Targets("=");
        if (Skip("="))
        {
            Expression value = Tuple();
            Expect(TokenKind.BlockEnd);
            return new Set(line, target, value);
        }

        FilterCall? filter = IsOperator("|") ? FilterChain(line) : null;
        return new SetBlock(line, target, filter, EndingIn("endset"));
    }

    private FilterCall FilterChain(int line)
    {
        FilterCall? filter = null;
        while (Skip("|"))
            filter = Filter(line, filter);
        return filter!;
    }

    private CallBlock ReadCall(int line)
    {
        List<(string, Expression?)> parameters = IsOperator("(") ? Parameters() : [];
        Expression expression = Expr();
        if (expression is not Call call)
            throw Error(line, "A call block calls a macro.");
        return new CallBlock(line, call, MacroOf("caller", parameters, "endcall"));
    }

    private With ReadWith(int line)
    {
        var values = new List<(Target, Expression)>();
        while (Peek.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
                Expect(",");
            Target target = Targets("=", several: false);
            Expect("=");
            values.Add((target, Expr()));
        }

        return new With(line, values, EndingIn("endwith"));
    }

    private MacroBody ReadMacro(string name, string end) => MacroOf(name, Parameters(), end);

    private MacroBody MacroOf(string name, List<(string, Expression?)> parameters, string end)
    {
        HashSet<string> around = _mentioned;
        int loops = _loops;
        _mentioned = new HashSet<string>(StringComparer.Ordinal);
        _loops = 0;
        Block body = EndingIn(end);
        var macro = new MacroBody(name, parameters, body, _mentioned.Contains("varargs"), _mentioned.Contains("kwargs"));
        around.UnionWith(_mentioned);
        _mentioned = around;
        _loops = loops;
        return macro;
    }

    private List<(string Name, Expression? Default)> Parameters()
    {
        var parameters = new List<(string, Expression?)>();
        Expect("(");
        while (!Skip(")"))
        {
            if (parameters.Count > 0)
                Expect(",");
            if (parameters.Count > 0 && Skip(")"))
                break;
            string name = ExpectName();
            parameters.Add((name, Skip("=") ? Expr() : null));
        }

        return parameters;
    }

    private Target Targets(string end, bool several = true)
    {
        var targets = new List<Target>();
        bool isTuple = false;
        do
        {
            if (targets.Count > 0 && (IsOperator(end) || IsName(end)))
                break;
            targets.Add(OneTarget(end));
            isTuple |= several && IsOperator(",");
        }
        while (several && Skip(","));
        return isTuple ? new Target(null, null, targets) : targets[0];
    }

    private Target OneTarget(string end)
    {
        if (Skip("("))
        {
            Enter();
            Target inner = Targets(")");
            Expect(")");
            _depth--;
            return inner;
        }

        int line = Peek.Line;
        string name = ExpectName();
        if (name is "true" or "false" or "none" or "True" or "False" or "None")
            throw Error(line, $"'{name}' cannot be set.");
        return new Target(name, end != "in" && Skip(".") ? ExpectName() : null, null);
    }
}
