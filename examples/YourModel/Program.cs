using Cambium.Runtime;
using YourModel;

// The checkpoint has random weights, so the answers are meaningless. The computation is that of a real model.
var folder = Path.Combine(Path.GetTempPath(), $"larch-{Environment.ProcessId}");
try
{
    RandomCheckpoint.Write(folder, seed: 7);
    using var larch = Larch.Load(folder);
    Console.WriteLine($"Larch: {larch.Depth} blocks of width {larch.Width}, {larch.Vocab} tokens, logits below {larch.LogitCap}");

    // Eight requests share a prefix of 200 tokens and differ in the last token.
    var shared = Enumerable.Range(0, 200).Select(static i => (i * 37 + 11) % 257).ToArray();
    var requests = Enumerable.Range(0, 8)
        .Select(i => new Request { PromptTokens = (int[])[.. shared, i], MaxTokens = 12, EosTokens = [] })
        .ToArray();

    // Together: the prefix is computed once, and attention reads it once for all requests.
    var together = new Completion[requests.Length];
    await using (var engine = new Engine(larch))
    {
        together[0] = await engine.CompleteAsync(requests[0]);
        await Parallel.ForAsync(1, requests.Length, async (i, cancellation) => together[i] = await engine.CompleteAsync(requests[i], cancellation));
        var statistics = engine.Statistics;
        Console.WriteLine($"together: {statistics.TokensPrefilled} prompt tokens computed, {statistics.TokensCached} cached");
    }

    // Alone: one engine per request, so nothing is shared. The answers must be bit-identical.
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
