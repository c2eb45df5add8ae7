using Cambium.Runtime.Chunks;

namespace Cambium.Runtime;

/// <summary>The rows of each sequence that give a result when whole sequences are run.</summary>
public enum ResultRows
{
    /// <summary>The row of every token.</summary>
    All,

    /// <summary>The row of the first token, for a classifier on <c>[CLS]</c>.</summary>
    First,

    /// <summary>The row of the last token.</summary>
    Last,
}

/// <summary>An input of an entry point.</summary>
/// <param name="Name">The author's parameter.</param>
/// <param name="Width">Floats of one row; 0 for ids.</param>
/// <param name="Limit">Ids are below this: the length of the shortest table that they index; null if they do not index a table.</param>
public sealed record EntryInput(string Name, int Width = 0, int? Limit = null);

/// <summary>A result of an entry point.</summary>
/// <param name="Name"><c>logits</c> for a single one; the author's name of the tuple's element, in lower camel case, for one of several.</param>
/// <param name="Width">Floats of one row.</param>
public sealed record EntryResult(string Name, int Width);

/// <summary>A function of a model that can be run by itself.</summary>
/// <param name="Name">The author's method.</param>
/// <param name="OutputWidth">Floats in a row of the first result, from which an engine samples.</param>
/// <param name="CacheSites">Its cached attention sites, in the order of the program.</param>
public sealed record EntryPoint(string Name, int OutputWidth, IReadOnlyList<CacheSite> CacheSites)
{
    /// <summary>Its inputs in the order of its parameters; the first are the tokens.</summary>
    public IReadOnlyList<EntryInput> Inputs { get; init; } = [new("tokens")];

    /// <summary>Its results. The one named <c>logits</c> comes first, then the others in the author's order.</summary>
    public IReadOnlyList<EntryResult> Results { get; init; } = [new("logits", OutputWidth)];

    /// <summary>No token sees a later one, so that a sequence can be computed in parts, continued and shared.</summary>
    public bool IsCausal { get; init; } = true;

    /// <summary>The rows that give a result.</summary>
    public ResultRows Rows { get; init; }

    /// <summary>
    /// Floats of the row that a token becomes; null if tokens are looked up in no table or in several. Such a row can be given in place of a token.
    /// </summary>
    public int? EmbeddingWidth { get; init; }

    /// <summary>Positions that have learned embeddings; null without a limit.</summary>
    public int? MaxPositions { get; init; }
}
