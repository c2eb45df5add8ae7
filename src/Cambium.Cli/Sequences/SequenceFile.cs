using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>
/// Reads the sequences of a safetensors file: the tensors <c>ids.0</c>, <c>ids.1</c>, ..., or <c>ids</c> for a single one. Other tensors are ignored.
/// </summary>
internal static class SequenceFile
{
    private const string Prefix = "ids.";
    private const string Alone = "ids";

    /// <param name="file">The file.</param>
    /// <param name="runner">Gives the inputs of the entry point and the context length.</param>
    /// <returns>The sequences in ascending order of their numbers.</returns>
    /// <exception cref="CheckpointException">The file has no sequences, or one is invalid for the model.</exception>
    public static IReadOnlyList<TokenSequence> Read(SafetensorsFile file, ISequenceRunner runner)
    {
        var (inputs, context) = (runner.Entry.Inputs, runner.ContextLength);
        var sequences = new List<TokenSequence>();
        foreach (var tensor in file.Tensors)
        {
            if (NumberOf(tensor.Name) is { } number)
            {
                var tokens = Read(file, tensor, Vocabulary(runner), context);
                ReadOnlyMemory<int> IdsOf(EntryInput input) => MoreIds(file, input, number, tokens.Length);
                ReadOnlyMemory<float> FloatsOf(EntryInput input) => MoreFloats(file, input, number, tokens.Length);
                sequences.Add(new TokenSequence(number, tokens)
                {
                    Ids = inputs.Skip(1).Where(static input => input.Width == 0).ToDictionary(static input => input.Name, IdsOf),
                    Floats = inputs.Skip(1).Where(static input => input.Width > 0).ToDictionary(static input => input.Name, FloatsOf),
                });
            }
        }

        if (sequences.Count == 0)
        {
            throw new CheckpointException(
                file.Path,
                $"tensor '{Prefix}0'",
                $"is missing; found {file.Tensors.Count} other tensors",
                "Store each sequence as an I64 or I32 tensor [tokens] named ids.0, ids.1, ...");
        }

        return [.. sequences.OrderBy(static sequence => sequence.Number)];
    }

    // Result tensors are named by the parsed number, so ids.007 would be mixed up with ids.7. Such names are ignored.
    private static int? NumberOf(string tensor)
    {
        if (tensor == Alone)
            return -1;
        return tensor.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(tensor.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && tensor == TokenSequence.NameOf(Alone, number) ? number : null;
    }

    // A language model has one logit per id, so the number of logits is also a limit of the ids.
    private static int Vocabulary(ISequenceRunner runner) =>
        Math.Min(runner.Entry.Inputs[0].Limit ?? int.MaxValue, runner is EngineRunner ? runner.Entry.OutputWidth : int.MaxValue);

    private static int[] MoreIds(SafetensorsFile file, EntryInput input, int number, int tokens)
    {
        var tensor = Find(file, input, number, [tokens]);
        return Read(file, tensor, input.Limit ?? int.MaxValue, tokens);
    }

    private static float[] MoreFloats(SafetensorsFile file, EntryInput input, int number, int tokens) =>
        file.ReadFloats(Find(file, input, number, [tokens, input.Width]).Name);

    private static TensorInfo Find(SafetensorsFile file, EntryInput input, int number, long[] shape)
    {
        var name = TokenSequence.NameOf(input.Name, number);
        var expected = $"[{string.Join(", ", shape)}]";
        if (file.Find(name) is not { } tensor)
        {
            throw new CheckpointException(
                file.Path,
                $"tensor '{name}'",
                $"is missing, expected {expected} for the input '{input.Name}'",
                "Store every input of the entry point in the file of the ids.");
        }

        return tensor.Shape.SequenceEqual(shape)
            ? tensor
            : throw new CheckpointException(
                file.Path, $"tensor '{name}'", $"has the shape {tensor.ShapeText}, expected {expected} for these ids", "Store one row per token.");
    }

    private static int[] Read(SafetensorsFile file, TensorInfo tensor, int vocabulary, int context)
    {
        CheckpointException Error(string problem, string fix) => new(file.Path, $"tensor '{tensor.Name}'", problem, fix);
        if (tensor.Type is not (ElementType.I64 or ElementType.I32))
            throw Error($"is stored as {tensor.TypeName}, expected I64 or I32", "Write it again with that dtype.");
        if (tensor.Shape is not [> 0])
            throw Error($"has the shape {tensor.ShapeText}, expected [tokens] with at least one token", "Store one sequence in each tensor.");
        if (tensor.Shape[0] > context)
        {
            throw Error(
                $"has {tensor.Shape[0]} tokens, expected at most {context}, the limit of the context and the KV cache",
                "Shorten the sequence, or raise --pool-tokens.");
        }


        var ids = file.ReadIntegers(tensor.Name);
        var invalid = Array.FindIndex(ids, id => id < 0 || id >= vocabulary);
        if (invalid >= 0)
            throw Error($"has the id {ids[invalid]} at index {invalid}, expected 0 to {vocabulary - 1}", "Use the tokenizer of this checkpoint.");
        return Array.ConvertAll(ids, static id => (int)id);
    }
}
