using Cambium.Runtime;
using YourModel;

// A checkpoint that nobody trained: the answers mean nothing, the numbers are real.
var folder = Path.Combine(Path.GetTempPath(), $"larch-{Environment.ProcessId}");
try
{
    RandomCheckpoint.Write(folder, seed: 7);
    using var larch = Larch.Load(folder);
    Console.WriteLine($"Larch: {larch.Depth} blocks of width {larch.Width}, {larch.Vocab} tokens, logits below {larch.LogitCap}");

    // Eight requests share a long beginning and differ in their last token.
    var shared = Enumerable.Range(0, 200).Select(static i => (i * 37 + 11) % 257).ToArray();
    var requests = Enumerable.Range(0, 8)
        .Select(i => new Request { PromptTokens = (int[])[.. shared, i], MaxTokens = 12, EndOfText = [] })
        .ToArray();

    // Together: the shared beginning is computed once and its attention is folded for all of them at once.
    var together = new Completion[requests.Length];
    await using (var engine = new Engine(larch))
    {
        together[0] = await engine.CompleteAsync(requests[0]);
        await Parallel.ForAsync(1, requests.Length, async (i, cancellation) => together[i] = await engine.CompleteAsync(requests[i], cancellation));
        var statistics = engine.Statistics;
        Console.WriteLine($"together: {statistics.TokensPrefilled} prompt tokens computed, {statistics.TokensCached} read from the tree");
    }

    // Alone: an engine for each, nothing to share. The answers must be the same to the last bit.
    var different = 0;
    for (var i = 0; i < requests.Length; i++)
    {
        await using var engine = new Engine(larch);
        var alone = await engine.CompleteAsync(requests[i]);
        var same = alone.Tokens.SequenceEqual(together[i].Tokens);
        different += same ? 0 : 1;
        Console.WriteLine($"  .. {i} -> {string.Join(" ", together[i].Tokens)}{(same ? "" : "   DIFFERS alone")}");
    }

    Console.WriteLine(different == 0 ? "alone and together: the same tokens" : $"{different} of {requests.Length} differ");
    return different == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
