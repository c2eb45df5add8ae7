namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>The value of an expression.</summary>
internal abstract record Value
{
    /// <summary>The value of an error. No further error follows from it.</summary>
    public static readonly Value Unknown = new Nothing();

    /// <summary>Rows with axes after the rows axis, or a weight with axes.</summary>
    public sealed record Tensor(bool IsRows, IReadOnlyList<Ratio> Axes) : Value
    {
        public static readonly Tensor Scalar = new(false, []);

        public Ratio Last => Axes[^1];

        public bool Equals(Tensor? other) => other is not null && IsRows == other.IsRows && Axes.SequenceEqual(other.Axes);

        public override int GetHashCode() => Axes.Count;

        public Tensor WithLast(Ratio size) => this with { Axes = [.. Axes.SkipLast(1), size] };

        public override string ToString() =>
            $"[{string.Join(", ", Axes.Select(static axis => axis.ToString()).Prepend(IsRows ? "T" : "").Where(static text => text.Length > 0))}]";
    }

    public sealed record Tokens : Value;

    /// <param name="Size">Its value as a size; null if it is not an integer, or differs between blocks.</param>
    /// <param name="IsLiteral">It does not depend on the config.</param>
    public sealed record Number(Ratio? Size, bool IsLiteral) : Value;

    /// <param name="Known">Null if the config decides it.</param>
    public sealed record Truth(bool? Known) : Value;

    public sealed record Text : Value;

    /// <summary>A list in the config, and its item.</summary>
    public sealed record List(Value Item) : Value;

    public sealed record Rotary : Value;

    /// <param name="IsHead">It is the index of a head.</param>
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
