namespace Cambium.Benchmarks;

/// <summary>Random tokens, without special tokens and bytes.</summary>
internal static class Prompts
{
    public static int[] Random(int tokens, int seed) => Random(tokens, new Random(seed));

    public static int[] Random(int tokens, Random random) =>
        [.. Enumerable.Range(0, tokens).Select(_ => random.Next(RandomLlama.FirstPiece, RandomLlama.Vocabulary))];
}
