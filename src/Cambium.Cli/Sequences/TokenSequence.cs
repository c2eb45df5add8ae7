using System.Globalization;

namespace Cambium.Cli.Sequences;

/// <summary>One sequence of token ids from a file, with the other inputs of the entry point.</summary>
/// <param name="Number">The i of <c>ids.i</c>; -1 for <c>ids</c> without a number.</param>
/// <param name="Tokens">The ids, at least one.</param>
internal sealed record TokenSequence(int Number, int[] Tokens)
{
    /// <summary>Other inputs of ids, by name.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<int>> Ids { get; init; } = new Dictionary<string, ReadOnlyMemory<int>>();

    /// <summary>Other inputs of floats, [tokens, width], by name.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>> Floats { get; init; } = new Dictionary<string, ReadOnlyMemory<float>>();

    public string Tensor => Name("ids");

    /// <summary>The name of a tensor of this sequence.</summary>
    public string Name(string kind) => NameOf(kind, Number);

    /// <summary>The name of a tensor of a sequence, by its number.</summary>
    public static string NameOf(string kind, int number) =>
        number < 0 ? kind : string.Create(CultureInfo.InvariantCulture, $"{kind}.{number}");

    /// <summary>The sequence cut to its first token.</summary>
    public TokenSequence First() => this with
    {
        Tokens = [Tokens[0]],
        Ids = Ids.ToDictionary(static input => input.Key, static input => input.Value[..1]),
        Floats = Floats.ToDictionary(static input => input.Key, input => input.Value[..(input.Value.Length / Tokens.Length)]),
    };
}
