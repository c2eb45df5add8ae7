namespace Cambium;

/// <summary>Changes attention's scaled scores before the softmax: <c>(s, at) => s - Slope[at.Head] * (at.Query - at.Key)</c>.</summary>
/// <param name="score">q.k * scale.</param>
/// <param name="at">Where the score is.</param>
public delegate Score ScoreFunction(Score score, Position at);

/// <summary>One number inside a score function.</summary>
public readonly struct Score
{
    public static implicit operator Score(double value) => throw ReadNotRun.Error("Score");

    public static Score operator +(Score left, Score right) => throw ReadNotRun.Error("+");

    public static Score operator -(Score left, Score right) => throw ReadNotRun.Error("-");

    public static Score operator *(Score left, Score right) => throw ReadNotRun.Error("*");

    public static Score operator /(Score left, Score right) => throw ReadNotRun.Error("/");

    public static Score operator -(Score x) => throw ReadNotRun.Error("-");
}

/// <summary>The place of a score. Positions are logical: the first token of a sequence has 0.</summary>
public readonly struct Position
{
    /// <summary>Position of the query's token.</summary>
    public Score Query => throw ReadNotRun.Error("at.Query");

    /// <summary>Position of the key's token; never after the query's.</summary>
    public Score Key => throw ReadNotRun.Error("at.Key");

    /// <summary>Index of the query's head.</summary>
    public Score Head => throw ReadNotRun.Error("at.Head");
}
