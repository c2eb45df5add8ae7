using System.Globalization;
using Cambium.Runtime.Weights;

namespace Cambium.Cli.Sequences;

/// <summary>Reads the sequences of a safetensors file: the tensors <c>ids.0</c>, <c>ids.1</c>, ... Whatever else it holds is left alone.</summary>
internal static class SequenceFile
{
    private const string Prefix = "ids.";

    /// <param name="file">The file.</param>
    /// <param name="vocabulary">Ids have to be below it.</param>
    /// <param name="context">Tokens that a sequence can have.</param>
    /// <returns>The sequences by ascending number.</returns>
    /// <exception cref="CheckpointException">There is none, or one that the model cannot take.</exception>
    public static IReadOnlyList<TokenSequence> Read(SafetensorsFile file, int vocabulary, int context)
    {
        var sequences = new List<TokenSequence>();
        foreach (var tensor in file.Tensors)
        {
            // Results are named after the number, so that ids.007 would be written and looked up as ids.7.
            if (tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)
                && int.TryParse(tensor.Name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && tensor.Name == string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}"))
                sequences.Add(new TokenSequence(number, Read(file, tensor, vocabulary, context)));
        }

        if (sequences.Count == 0)
            throw new CheckpointException(file.Path, $"tensor '{Prefix}0'", $"is missing; found {file.Tensors.Count} other tensors", "Store each sequence as an I64 or I32 tensor [tokens] named ids.0, ids.1, ...");
        return [.. sequences.OrderBy(static sequence => sequence.Number)];
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
