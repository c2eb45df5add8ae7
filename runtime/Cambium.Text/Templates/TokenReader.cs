using System.Runtime.CompilerServices;

namespace Cambium.Text.Templates;

/// <summary>The tokens of a template, read from front to back, with the depth of nesting.</summary>
/// <param name="tokens">The last one is the end.</param>
/// <param name="maxDepth">Deepest nesting of statements and expressions.</param>
internal sealed class TokenReader(List<TemplateToken> tokens, int maxDepth)
{
    private int _at;
    private int _depth;

    public TemplateToken Peek => tokens[_at];

    /// <summary>Takes a token; the end is never passed.</summary>
    public TemplateToken Next() => tokens[_at] is var token && token.Kind != TokenKind.End ? tokens[_at++] : token;

    public bool IsName(string text, int ahead = 0) =>
        _at + ahead < tokens.Count && tokens[_at + ahead] is { Kind: TokenKind.Name } token && token.Text == text;

    public bool IsOperator(string text, int ahead = 0) =>
        _at + ahead < tokens.Count && tokens[_at + ahead] is { Kind: TokenKind.Operator } token && token.Text == text;

    /// <summary>Takes this operator or name if it is the next token.</summary>
    public bool Skip(string text)
    {
        bool found = IsOperator(text) || IsName(text);
        if (found)
            _at++;
        return found;
    }

    public void Expect(string text)
    {
        if (!Skip(text))
            throw Unexpected($"'{text}'");
    }

    public void Expect(TokenKind kind)
    {
        if (Peek.Kind != kind)
            throw Unexpected(kind == TokenKind.BlockEnd ? "'%}'" : "'}}'");
        _at++;
    }

    public string ExpectName()
    {
        if (Peek.Kind != TokenKind.Name)
            throw Unexpected("a name");
        return Next().Text;
    }

    /// <summary>Goes one level deeper; <see cref="Leave"/> ends it.</summary>
    public void Enter()
    {
        if (++_depth > maxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ChatTemplateException(Peek.Line, $"Statements and expressions are nested more than {maxDepth} deep.");
    }

    public void Leave() => _depth--;

    public ChatTemplateException Unexpected(string expected) => Unexpected(Peek, expected);

    public static ChatTemplateException Unexpected(TemplateToken found, string expected)
    {
        string text = found.ToString();
        return new ChatTemplateException(found.Line, $"Found {text}, expected {expected}.");
    }
}
