using Cambium.Runtime;
using Cambium.Text.Templates;

namespace Cambium.Models.Tests.SameBits;

/// <summary>
/// Sequences that share prefixes of many lengths: a long one, parts of it that end inside a chunk, and some without a common prefix.
/// </summary>
internal static class Crowd
{
    public const int Answer = 11;

    public static IReadOnlyList<int[]> Prompts(int vocabulary)
    {
        var random = new Random(7);
        int[] Some(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
        var root = Some(75);
        var branch = Some(60);
        return
        [
            [.. root, .. Some(1)],
            [.. root, .. Some(9)],
            [.. root, .. branch, .. Some(2)],
            [.. root, .. branch, .. Some(17)],
            [.. root[..40], .. Some(33)],
            [.. root[..64], .. Some(5)],
            root,
            root[..65],
            Some(1),
            Some(70),
        ];
    }

    public static Request Ask(int[] prompt) => new() { PromptTokens = prompt, MaxTokens = Answer, EosTokens = [] };

    /// <summary>Runs requests in one batch to their end.</summary>
    public static IReadOnlyList<Completion> Run(EngineLoop loop, IEnumerable<Request> requests, int stepsBetween = 0)
    {
        var sinks = new List<CollectingSink>();
        foreach (var request in requests)
        {
            sinks.Add(new CollectingSink());
            loop.Submit(request, sinks[^1]);
            for (var i = 0; i < stepsBetween; i++)
                loop.Step();
        }

        while (loop.Step())
        {
        }

        loop.CheckIntegrity();
        return [.. sinks.Select(static sink => sink.Completion)];
    }
}
