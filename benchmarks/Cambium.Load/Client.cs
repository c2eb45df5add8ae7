using System.Diagnostics;
using Cambium.Runtime;
using Cambium.Runtime.Cache;

namespace Cambium.Benchmarks.Load;

/// <summary>Sends one request after the other, as long as it is told to; cancels some, leaves some, reads some slowly; compares every token with the answer alone.</summary>
internal sealed class Client(Engine engine, Catalogue catalogue, Tally tally, int seed)
{
    private static readonly string[] Tenants = ["", "", "", "apart", "with a quota"];

    private readonly Random _random = new(seed);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var entry = catalogue.Entries[_random.Next(catalogue.Entries.Count)];
            var request = entry.Request with
            {
                Tenant = Tenants[_random.Next(Tenants.Length)],
                Priority = _random.Next(8) == 0 ? _random.Next(-1, 2) : 0,
                CachePriority = _random.Next(8) == 0 ? _random.Next(-1, 2) : 0,
                Pin = _random.Next(20) == 0 ? TimeSpan.FromSeconds(_random.Next(1, 10)) : null,
                Timeout = _random.Next(40) == 0 ? TimeSpan.FromMilliseconds(_random.Next(1, 5000)) : null,
            };
            await SendAsync(entry, request).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(Catalogue.Entry entry, Request request)
    {
        // Some are cancelled at any moment, in the line as well as while they run; some are left at any token; some readers are slow.
        using var cancellation = new CancellationTokenSource();
        if (_random.Next(6) == 0)
            cancellation.CancelAfter(TimeSpan.FromMilliseconds(_random.Next(_random.Next(2) == 0 ? 30 : 5000)));
        var leaveAfter = _random.Next(12) == 0 ? _random.Next(1, 100) : int.MaxValue;
        var isSlow = _random.Next(50) == 0;
        var read = new int[entry.Answers.Count];
        var (clock, first, tokens) = (Stopwatch.StartNew(), TimeSpan.Zero, 0);
        try
        {
            await foreach (var token in engine.GenerateAsync(request, cancellation.Token).ConfigureAwait(false))
            {
                first = tokens++ == 0 ? clock.Elapsed : first;
                var expected = entry.Answers[token.Fork];
                if (read[token.Fork] >= expected.Count || expected[read[token.Fork]] != token.Token)
                {
                    tally.AddMistake($"Token {read[token.Fork]} of an answer is {token.Token}, and {(read[token.Fork] < expected.Count ? expected[read[token.Fork]] : "none")} alone.");
                    return;
                }

                read[token.Fork]++;
                if (tokens >= leaveAfter)
                    break;
                if (isSlow)
                    await Task.Delay(_random.Next(20), CancellationToken.None).ConfigureAwait(false);
            }

            if (tokens >= leaveAfter)
                tally.AddLeft(tokens);
            else if (entry.Answers.Where((answer, fork) => answer.Count != read[fork]).Any())
                tally.AddMistake($"Answers ended after {string.Join(", ", read)} tokens, and after {string.Join(", ", entry.Answers.Select(static answer => answer.Count))} alone.");
            else
                tally.AddAnswer(first, clock.Elapsed, tokens);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            tally.AddCancelled(tokens);
        }
        catch (TimeoutException) when (request.Timeout is not null)
        {
            tally.AddOverdue(tokens);
        }
        catch (Exception error)
        {
            tally.AddMistake($"{error.GetType().Name}: {error.Message}");
        }
    }
}
