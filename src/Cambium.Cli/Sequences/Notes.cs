namespace Cambium.Cli.Sequences;

/// <summary>Notes about results that a command shortened.</summary>
internal static class Notes
{
    public static string Shortened(TokenSequence sequence, int fitting, int wanted) =>
        $"{sequence.Tensor}: {fitting} of {wanted} greedy tokens: "
        + $"{sequence.Tokens.Length} tokens and {fitting} more fill the context or the KV cache.";
}
