using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime;
using Cambium.Text;
using Cambium.Text.Templates;

namespace Cambium.Cli.Sequences;

/// <summary>Reads the sequences of a safetensors file: the tensors <c>ids.0</c>, <c>ids.1</c>, ..., or <c>ids</c> where there is one sequence. Whatever else it holds is left alone.</summary>
internal static class SequenceFile
{
    private const string Prefix = "ids.";
    private const string Alone = "ids";

    /// <param name="file">The file.</param>
    /// <param name="runner">Says what the entry point takes and how long a sequence can be.</param>
    /// <returns>The sequences by ascending number.</returns>
    /// <exception cref="CheckpointException">There is none, or one that the model cannot take.</exception>
    public static IReadOnlyList<TokenSequence> Read(SafetensorsFile file, ISequenceRunner runner)
    {
        var (inputs, context) = (runner.Entry.Inputs, runner.ContextLength);
        var sequences = new List<TokenSequence>();
        foreach (var tensor in file.Tensors)
        {
            if (NumberOf(tensor.Name) is { } number)
            {
                var tokens = Read(file, tensor, Vocabulary(runner), context);
                sequences.Add(new TokenSequence(number, tokens)
                {
                    Ids = inputs.Skip(1).Where(static input => input.Width == 0).ToDictionary(static input => input.Name, input => (ReadOnlyMemory<int>)MoreIds(file, input, number, tokens.Length)),
                    Floats = inputs.Skip(1).Where(static input => input.Width > 0).ToDictionary(static input => input.Name, input => (ReadOnlyMemory<float>)MoreFloats(file, input, number, tokens.Length)),
                });
            }
        }

        if (sequences.Count == 0)
            throw new CheckpointException(file.Path, $"tensor '{Prefix}0'", $"is missing; found {file.Tensors.Count} other tensors", "Store each sequence as an I64 or I32 tensor [tokens] named ids.0, ids.1, ...");
        return [.. sequences.OrderBy(static sequence => sequence.Number)];
    }

    // Results are named after the number, so that ids.007 would be written and looked up as ids.7.
    private static int? NumberOf(string tensor)
    {
        if (tensor == Alone)
            return -1;
        return tensor.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(tensor.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && tensor == TokenSequence.NameOf(Alone, number) ? number : null;
    }

    // A language model's results are one for each id, so that its ids are below their number.
    private static int Vocabulary(ISequenceRunner runner) => Math.Min(runner.Entry.Inputs[0].Limit ?? int.MaxValue, runner is EngineRunner ? runner.Entry.OutputWidth : int.MaxValue);

    private static int[] MoreIds(SafetensorsFile file, EntryInput input, int number, int tokens)
    {
        var tensor = Find(file, input, number, [tokens]);
        return Read(file, tensor, input.Limit ?? int.MaxValue, tokens);
    }

    private static float[] MoreFloats(SafetensorsFile file, EntryInput input, int number, int tokens) => file.ReadFloats(Find(file, input, number, [tokens, input.Width]).Name);

    private static TensorInfo Find(SafetensorsFile file, EntryInput input, int number, long[] shape)
    {
        var name = TokenSequence.NameOf(input.Name, number);
        var expected = $"[{string.Join(", ", shape)}]";
        if (file.Find(name) is not { } tensor)
            throw new CheckpointException(file.Path, $"tensor '{name}'", $"is missing, expected {expected} for the input '{input.Name}'", "Store every input of the entry point beside the ids.");
        return tensor.Shape.SequenceEqual(shape) ? tensor : throw new CheckpointException(file.Path, $"tensor '{name}'", $"has the shape {tensor.ShapeText}, expected {expected} beside the ids", "Store one row for each token.");
    }

    private static int[] Read(SafetensorsFile file, TensorInfo tensor, int vocabulary, int context)
    {
        CheckpointException Wrong(string problem, string fix) => new(file.Path, $"tensor '{tensor.Name}'", problem, fix);
        if (tensor.Type is not (ElementType.I64 or ElementType.I32))
            throw Wrong($"is stored as {tensor.Type.Name()}, expected I64 or I32", "Write it again with that dtype.");
        if (tensor.Shape is not [> 0])
            throw Wrong($"has the shape {tensor.ShapeText}, expected [tokens] with at least one token", "Store one sequence in each tensor.");
        if (tensor.Shape[0] > context)
            throw Wrong($"has {tensor.Shape[0]} tokens, expected at most {context}, which is what the model's context or the pool holds", "Shorten the sequence, or raise --pool-tokens if the pool is what limits it.");

        var ids = file.ReadIntegers(tensor.Name);
        var wrong = Array.FindIndex(ids, id => id < 0 || id >= vocabulary);
        if (wrong >= 0)
            throw Wrong($"has the id {ids[wrong]} at index {wrong}, expected 0 to {vocabulary - 1}", "Use the tokenizer that belongs to this checkpoint.");
        return Array.ConvertAll(ids, static id => (int)id);
    }
}
