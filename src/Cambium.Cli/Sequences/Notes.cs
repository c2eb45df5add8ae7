namespace Cambium.Cli.Sequences;

/// <summary>Sentences about what a command left out.</summary>
internal static class Notes
{
    public static string Shortened(TokenSequence sequence, int fitting, int wanted) =>
        $"{sequence.Tensor}: {fitting} of {wanted} greedy tokens, since {sequence.Tokens.Length} tokens and {fitting} more fill the context or the pool.";
}
