namespace Cambium;

/// <summary>Changes attention's scaled scores before the softmax: <c>(s, at) => s - Slope[at.Head] * (at.Query - at.Key)</c>.</summary>
/// <param name="score">q.k * scale.</param>
/// <param name="at">The position of the score.</param>
public delegate Score ScoreFunction(Score score, Position at);

/// <summary>A mask of attention: <c>at => at.Query - at.Key &lt; Window</c>. 0 hides the key.</summary>
/// <param name="at">The query, the key and the head.</param>
public delegate Score VisibilityFunction(Position at);

/// <summary>
/// A number inside a score function. Comparisons give 1 or 0. In <c>&amp;&amp;</c>, <c>||</c>, <c>!</c> and <c>condition ? a : b</c>, every number
/// except 0 is true, and both sides are computed.
/// </summary>
public readonly struct Score
{
    public static implicit operator Score(double value) => throw ReadNotRun.Error("Score");

    public static implicit operator Score(bool value) => throw ReadNotRun.Error("Score");

    public static Score operator +(Score left, Score right) => throw ReadNotRun.Error("+");

    public static Score operator -(Score left, Score right) => throw ReadNotRun.Error("-");

    public static Score operator *(Score left, Score right) => throw ReadNotRun.Error("*");

    public static Score operator /(Score left, Score right) => throw ReadNotRun.Error("/");

    public static Score operator -(Score x) => throw ReadNotRun.Error("-");

    public static Score operator <(Score left, Score right) => throw ReadNotRun.Error("<");

    public static Score operator <=(Score left, Score right) => throw ReadNotRun.Error("<=");

    public static Score operator >(Score left, Score right) => throw ReadNotRun.Error(">");

    public static Score operator >=(Score left, Score right) => throw ReadNotRun.Error(">=");

    public static Score operator ==(Score left, Score right) => throw ReadNotRun.Error("==");

    public static Score operator !=(Score left, Score right) => throw ReadNotRun.Error("!=");

    public static Score operator &(Score left, Score right) => throw ReadNotRun.Error("&");

    public static Score operator |(Score left, Score right) => throw ReadNotRun.Error("|");

    public static Score operator !(Score x) => throw ReadNotRun.Error("!");

    public static bool operator true(Score x) => throw ReadNotRun.Error("Score");

    public static bool operator false(Score x) => throw ReadNotRun.Error("Score");

    /// <inheritdoc/>
    public override bool Equals(object? obj) => throw ReadNotRun.Error("Equals");

    /// <inheritdoc/>
    public override int GetHashCode() => throw ReadNotRun.Error("GetHashCode");
}

/// <summary>The position of a score. The first token of a sequence has the position 0.</summary>
public readonly struct Position
{
    /// <summary>Position of the query's token.</summary>
    public Score Query => throw ReadNotRun.Error("at.Query");

    /// <summary>Position of the key's token; in causal attention never greater than the query's.</summary>
    public Score Key => throw ReadNotRun.Error("at.Key");

    /// <summary>Index of the query's head.</summary>
    public Score Head => throw ReadNotRun.Error("at.Head");
}
