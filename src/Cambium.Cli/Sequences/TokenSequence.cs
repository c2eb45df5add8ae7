using System.Globalization;

namespace Cambium.Cli.Sequences;

/// <summary>One sequence of token ids from a file, with the entry point's other inputs.</summary>
/// <param name="Number">The i of <c>ids.i</c>; -1 for <c>ids</c> alone.</param>
/// <param name="Tokens">Its ids, at least one.</param>
internal sealed record TokenSequence(int Number, int[] Tokens)
{
    /// <summary>Further ids by the input's name.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<int>> Ids { get; init; } = new Dictionary<string, ReadOnlyMemory<int>>();

    /// <summary>Rows of floats by the input's name.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>> Floats { get; init; } = new Dictionary<string, ReadOnlyMemory<float>>();

    public string Tensor => Name("ids");

    /// <summary>What a tensor of this sequence is called.</summary>
    public string Name(string kind) => NameOf(kind, Number);

    /// <summary>What a tensor of the sequence with a number is called.</summary>
    public static string NameOf(string kind, int number) => number < 0 ? kind : string.Create(CultureInfo.InvariantCulture, $"{kind}.{number}");

    /// <summary>Its first token alone.</summary>
    public TokenSequence First() => this with
    {
        Tokens = [Tokens[0]],
        Ids = Ids.ToDictionary(static input => input.Key, static input => input.Value[..1]),
        Floats = Floats.ToDictionary(static input => input.Key, input => input.Value[..(input.Value.Length / Tokens.Length)]),
    };
}
