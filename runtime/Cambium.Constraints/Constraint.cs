using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// A constraint on the form of an answer. Tokens that would violate it are masked: an answer that ends by itself satisfies it, and an answer that a
/// limit cuts off is the prefix of one that does. Build it once and use it for many requests, also concurrently: computed masks are cached.
/// </summary>
public sealed class Constraint
{
    private readonly ConditionalWeakTable<TokenVocabulary, Automaton> _automata = [];

    private Constraint(Grammar grammar, IReadOnlyList<string> ignored)
    {
        Grammar = grammar;
        IgnoredKeywords = ignored;
    }

    /// <summary>
    /// The keywords of the schema that have no effect on the answer, such as <c>discriminator</c> or the format <c>uri</c>, each with its value and
    /// its place; at most 100.
    /// </summary>
    public IReadOnlyList<string> IgnoredKeywords { get; }

    internal Grammar Grammar { get; }

    /// <summary>The whole answer matches a regular expression.</summary>
    /// <param name="expression">
    /// Characters, escapes (<c>\d \w \s</c> and their complements mean ASCII), classes, dot, groups, alternatives, quantifiers. Anchors at the ends
    /// have no effect. Where dialects differ, they mean the same as in .NET, PCRE and RE2: <c>[]a]</c> and <c>[^]a]</c> are classes with a bracket.
    /// </param>
    /// <param name="cancellation">Ends the compilation.</param>
    /// <exception cref="ConstraintException">
    /// It has an unsupported construct (references, lookaround, word boundaries, categories, ...), which the message names; or it is too large.
    /// </exception>
    public static Constraint Regex(string expression, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(expression);
        cancellation.ThrowIfCancellationRequested();
        return new Constraint(RegexCompiler.Whole(expression, cancellation), []);
    }

    /// <summary>
    /// The answer is JSON that a schema validates (draft 2020-12, the part that the README of this project lists): properties in the schema's order,
    /// at most one space after colons and commas.
    /// </summary>
    /// <param name="schema">The schema.</param>
    /// <param name="cancellation">Ends the compilation.</param>
    /// <exception cref="ConstraintException">
    /// It is not a schema, or has a keyword that is not supported; the message names the keyword and its place.
    /// </exception>
    public static Constraint JsonSchema(string schema, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        cancellation.ThrowIfCancellationRequested();
        if (schema.Length > SchemaCompiler.MaxLength)
            throw new ConstraintException($"The schema has {schema.Length} characters; at most {SchemaCompiler.MaxLength} are read.");
        try
        {
            using var document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = SchemaCompiler.MaxDepth });
            var (grammar, ignored) = SchemaCompiler.Compile(document.RootElement, cancellation);
            return new Constraint(grammar, ignored);
        }
        catch (JsonException error)
        {
            throw new ConstraintException($"The schema is not JSON: {error.Message}");
        }
    }

    /// <inheritdoc cref="JsonSchema(string, CancellationToken)"/>
    public static Constraint JsonSchema(JsonElement schema, CancellationToken cancellation = default) =>
        schema.ValueKind == JsonValueKind.Undefined
            ? throw new ConstraintException("The schema is an undefined JsonElement.")
            : JsonSchema(schema.GetRawText(), cancellation);

    /// <summary>The answer is any JSON value.</summary>
    public static Constraint Json() => JsonSchema("true");

    /// <summary>The automaton over a vocabulary, shared by all sequences.</summary>
    internal Automaton Over(TokenVocabulary vocabulary) => _automata.GetValue(vocabulary, tokens => new Automaton(Grammar, tokens));

    internal Automaton Over(TokenVocabulary vocabulary, long maxBytes) => new(Grammar, vocabulary, maxBytes);
}
