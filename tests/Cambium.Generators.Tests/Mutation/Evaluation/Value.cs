namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>What an expression can be.</summary>
internal abstract record Value
{
    /// <summary>Of something wrong: nothing follows from it.</summary>
    public static readonly Value Unknown = new Nothing();

    /// <summary>Rows with axes behind the rows' one, or a parameter with axes.</summary>
    public sealed record Tensor(bool IsRows, IReadOnlyList<Ratio> Axes) : Value
    {
        public static readonly Tensor Scalar = new(false, []);

        public Ratio Last => Axes[^1];

        public bool Equals(Tensor? other) => other is not null && IsRows == other.IsRows && Axes.SequenceEqual(other.Axes);

        public override int GetHashCode() => Axes.Count;

        public Tensor WithLast(Ratio size) => this with { Axes = [.. Axes.SkipLast(1), size] };

        public override string ToString() => $"[{string.Join(", ", Axes.Select(static axis => axis.ToString()).Prepend(IsRows ? "T" : "").Where(static text => text.Length > 0))}]";
    }

    public sealed record Tokens : Value;

    /// <param name="Size">Where it is a size; null for what is no whole number, and for what differs from block to block.</param>
    /// <param name="IsLiteral">No config has a say in it.</param>
    public sealed record Number(Ratio? Size, bool IsLiteral) : Value;

    /// <param name="Known">Null where a config decides.</param>
    public sealed record Truth(bool? Known) : Value;

    public sealed record Text : Value;

    /// <summary>A list of a config, and what its items are.</summary>
    public sealed record List(Value Item) : Value;

    public sealed record Rotary : Value;

    /// <param name="IsHead">It is the index of a head itself.</param>
    public sealed record Score(bool IsHead = false) : Value;

    public sealed record Position : Value;

    public sealed record Block(ClassText Class, bool IsInStack) : Value;

    public sealed record Stack(ClassText Class) : Value;

    public sealed record Tuple(IReadOnlyList<Value> Items) : Value
    {
        public bool Equals(Tuple? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Count;
    }

    private sealed record Nothing : Value;
}
