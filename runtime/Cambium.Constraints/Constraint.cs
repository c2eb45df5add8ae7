using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// What an answer has to look like. Tokens that cannot lead there are never chosen: an answer that ends by itself satisfies it, and one that a limit cuts is the beginning of one
/// that would. Build it once and use it for many requests, at once if you like: what is found out about it is kept.
/// </summary>
public sealed class Constraint
{
    private readonly ConditionalWeakTable<TokenVocabulary, Automaton> _automata = [];

    private Constraint(Grammar grammar) => Grammar = grammar;

    internal Grammar Grammar { get; }

    /// <summary>The answer as a whole matches a regular expression.</summary>
    /// <param name="expression">
    /// Characters, escapes (<c>\d \w \s</c> and their complements mean ASCII), classes, dot, groups, alternatives, quantifiers. Anchors may stand at the ends and mean nothing.
    /// </param>
    /// <exception cref="ConstraintException">It uses what is not supported (references, look-around, word boundaries, categories, ...), which is named; or it is too large.</exception>
    public static Constraint Regex(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        return new Constraint(RegexCompiler.Whole(expression));
    }

    /// <summary>
    /// The answer is JSON that a schema (draft 2020-12, the part that <c>Sampling/README.md</c> lists) validates: properties in the schema's order, at most one space behind
    /// colons and commas.
    /// </summary>
    /// <exception cref="ConstraintException">It is no schema, or uses a keyword that is not supported; the message names it and where it stands.</exception>
    public static Constraint JsonSchema(string schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (schema.Length > SchemaCompiler.MaxLength)
            throw new ConstraintException($"The schema has {schema.Length} characters; at most {SchemaCompiler.MaxLength} are read.");
        try
        {
            using var document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = SchemaCompiler.MaxDepth });
            return new Constraint(SchemaCompiler.Compile(document.RootElement));
        }
        catch (JsonException error)
        {
            throw new ConstraintException($"The schema is no JSON: {error.Message}");
        }
    }

    /// <inheritdoc cref="JsonSchema(string)"/>
    public static Constraint JsonSchema(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Undefined ? throw new ConstraintException("The schema is an element of no document.") : JsonSchema(schema.GetRawText());

    /// <summary>The answer is any JSON value.</summary>
    public static Constraint Json() => JsonSchema("true");

    /// <summary>The automaton over a vocabulary, the same for all that ask.</summary>
    internal Automaton Over(TokenVocabulary vocabulary) => _automata.GetValue(vocabulary, tokens => new Automaton(Grammar, tokens));

    internal Automaton Over(TokenVocabulary vocabulary, long maxBytes) => new(Grammar, vocabulary, maxBytes);
}
