namespace Cambium.Cli.Sequences;

/// <summary>One sequence of token ids from a file.</summary>
/// <param name="Number">The i of <c>ids.i</c>.</param>
/// <param name="Tokens">Its ids, at least one.</param>
internal sealed record TokenSequence(int Number, int[] Tokens)
{
    public string Tensor => $"ids.{Number}";
}
