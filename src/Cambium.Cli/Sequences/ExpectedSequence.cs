using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Scheduling;
using Cambium.Text.Templates;

namespace Cambium.Cli.Sequences;

/// <summary>What a file says should be computed for one sequence; tensors that it does not have are null.</summary>
internal sealed class ExpectedSequence : IPromptObserver
{
    // Position of the first row of results.
    private readonly int _first;

    private ExpectedSequence(TokenSequence sequence, int first, Comparison? result, Comparison? hidden, long[]? greedy)
    {
        Sequence = sequence;
        Result = result;
        _first = first;
        Hidden = hidden;
        Greedy = greedy;
    }

    public TokenSequence Sequence { get; }

    /// <summary>Of the entry point's rows of results: logits of a language model.</summary>
    public Comparison? Result { get; }

    public Comparison? Hidden { get; }

    public long[]? Greedy { get; }

    /// <param name="file">What was recorded.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="runner">Says what is computed.</param>
    /// <param name="states">Of hidden states.</param>
    /// <param name="stored">How the checkpoint stores its weights: of one model stored in several ways, results can be recorded together, as <c>logits.q8_0</c>.</param>
    /// <exception cref="CheckpointException">A tensor has another shape or dtype than what is computed.</exception>
    public static ExpectedSequence Read(SafetensorsFile file, TokenSequence sequence, ISequenceRunner runner, StateShape states, ElementType stored)
    {
        var tokens = sequence.Tokens.Length;
        var rows = runner.Entry.Rows;

        // What an encoder gives may be called logits, too: a classifier's are.
        var result = sequence.Name(file.Find(sequence.Name(runner.Result)) is null ? "logits" : runner.Result);
        if (file.Find(result) is null && file.Find($"{result}.{stored.Name().ToLowerInvariant()}") is { } ofType)
            result = ofType.Name;
        return new ExpectedSequence(
            sequence,
            rows == ResultRows.Last ? tokens - 1 : 0,
            Rows(file, result, [rows == ResultRows.All ? tokens : 1, runner.Entry.OutputWidth]),
            Rows(file, sequence.Name("hidden"), [states.Count, tokens, states.Width]),
            Integers(file, sequence.Name("greedy")));
    }

    /// <exception cref="CheckpointException">Something was recorded for a sequence whose ids are not there: it could not be compared, and nobody would notice.</exception>
    public static void RequireIds(SafetensorsFile file)
    {
        foreach (var tensor in file.Tensors)
        {
            if (tensor.Name.Split('.') is ["logits" or "encoded" or "hidden" or "greedy", var number] && number.All(char.IsAsciiDigit) && file.Find($"ids.{number}") is null)
                throw new CheckpointException(file.Path, $"tensor 'ids.{number}'", $"is missing, expected it beside '{tensor.Name}'", "Record it again.");
        }
    }

    void IPromptObserver.Logits(int position, ReadOnlySpan<float> logits)
    {
        if (position < Sequence.Tokens.Length)
            Result?.Row(position - _first, logits);
    }

    void IPromptObserver.Hidden(int index, int position, ReadOnlySpan<float> hidden)
    {
        if (position < Sequence.Tokens.Length)
            Hidden?.Row(((long)index * Sequence.Tokens.Length) + position, hidden);
    }

    private static Comparison? Rows(SafetensorsFile file, string name, long[] shape)
    {
        if (file.Find(name) is not { } tensor)
            return null;
        if (!tensor.Shape.SequenceEqual(shape))
            throw new CheckpointException(file.Path, $"tensor '{name}'", $"has the shape {tensor.ShapeText}, expected [{string.Join(", ", shape)}] for this sequence and model", "Record it again with this checkpoint.");
        return new Comparison(name, shape, file.ReadFloats(name));
    }

    private static long[]? Integers(SafetensorsFile file, string name)
    {
        if (file.Find(name) is not { } tensor)
            return null;
        return tensor.Shape is [> 0]
            ? file.ReadIntegers(name)
            : throw new CheckpointException(file.Path, $"tensor '{name}'", $"has the shape {tensor.ShapeText}, expected [tokens] with at least one token", "Record it again.");
    }
}
