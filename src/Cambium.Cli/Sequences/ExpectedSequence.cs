using Cambium.Checkpoints;
using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>The recorded results of one sequence, compared row by row as they are computed. A tensor that was not recorded is null.</summary>
internal sealed class ExpectedSequence : IPromptObserver
{
    // Position of the first result row.
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

    /// <summary>The results of the entry point: logits of a language model.</summary>
    public Comparison? Result { get; }

    public Comparison? Hidden { get; }

    public long[]? Greedy { get; }

    /// <param name="file">The recorded results.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="runner">The entry point, which gives the shapes.</param>
    /// <param name="states">The shape of the hidden states.</param>
    /// <param name="checkpoint">
    /// Path of the checkpoint. One file can hold results for several storage types, such as <c>logits.q8_0</c>: those whose type ends the name of a
    /// GGUF file, such as <c>llama-q8_0.gguf</c>, are taken.
    /// </param>
    /// <param name="stored">The type of most weights, for other names.</param>
    /// <exception cref="CheckpointException">A tensor has the wrong shape or dtype.</exception>
    public static ExpectedSequence Read(
        SafetensorsFile file, TokenSequence sequence, ISequenceRunner runner, StateShape states, string checkpoint, ElementType stored)
    {
        var tokens = sequence.Tokens.Length;
        var rows = runner.Entry.Rows;

        // The results of an encoder may also be named logits, as those of a classifier are.
        var result = sequence.Name(file.Find(sequence.Name(runner.Result)) is null ? "logits" : runner.Result);
        var name = Path.GetFileNameWithoutExtension(checkpoint).ToLowerInvariant();
        if (file.Find(result) is null
            && (file.Tensors.FirstOrDefault(tensor => tensor.Name.StartsWith($"{result}.", StringComparison.Ordinal)
                    && name.EndsWith($"-{tensor.Name[(result.Length + 1)..]}", StringComparison.Ordinal))
                ?? file.Find($"{result}.{stored.Name().ToLowerInvariant()}")) is { } ofType)
            result = ofType.Name;
        return new ExpectedSequence(
            sequence,
            rows == ResultRows.Last ? tokens - 1 : 0,
            Rows(file, result, [rows == ResultRows.All ? tokens : 1, runner.Entry.OutputWidth]),
            Rows(file, sequence.Name("hidden"), [states.Count, tokens, states.Width]),
            Integers(file, sequence.Name("greedy")));
    }

    /// <exception cref="CheckpointException">Results without ids. They could not be compared, and skipping them silently would hide that.</exception>
    public static void RequireIds(SafetensorsFile file)
    {
        foreach (var tensor in file.Tensors)
        {
            if (tensor.Name.Split('.') is ["logits" or "encoded" or "hidden" or "greedy", var number] && number.All(char.IsAsciiDigit)
                && file.Find($"ids.{number}") is null)
            {
                throw new CheckpointException(
                    file.Path, $"tensor 'ids.{number}'", $"is missing, expected it with '{tensor.Name}'", "Record it again.");
            }
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
        {
            throw new CheckpointException(
                file.Path,
                $"tensor '{name}'",
                $"has the shape {tensor.ShapeText}, expected [{string.Join(", ", shape)}] for this sequence and model",
                "Record it again with this checkpoint.");
        }

        return new Comparison(name, shape, file.ReadFloats(name));
    }

    private static long[]? Integers(SafetensorsFile file, string name)
    {
        if (file.Find(name) is not { } tensor)
            return null;
        return tensor.Shape is [> 0]
            ? file.ReadIntegers(name)
            : throw new CheckpointException(
                file.Path, $"tensor '{name}'", $"has the shape {tensor.ShapeText}, expected [tokens] with at least one token", "Record it again.");
    }
}
