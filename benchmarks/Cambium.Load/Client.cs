using System.Diagnostics;
using Cambium.Runtime;

namespace Cambium.Benchmarks.Load;

/// <summary>
/// Sends one request after another until stopped. Cancels some, abandons some, reads some slowly. 
/// Compares every token with the answer computed alone.
/// </summary>
internal sealed class Client(Engine engine, Catalogue catalogue, Tally tally, int seed)
{
    private static readonly string[] Tenants = ["", "", "", "other", "with a quota"];

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
        // Some requests are cancelled at a random time, queued or running. Some are abandoned at a random token. Some are read slowly.
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
                    var alone = read[token.Fork] < expected.Count ? $"{expected[read[token.Fork]]}" : "none";
                    tally.AddError($"Token {read[token.Fork]} of an answer is {token.Token}; computed alone it is {alone}.");
                    return;
                }

                read[token.Fork]++;
                if (tokens >= leaveAfter)
                    break;
                if (isSlow)
                    await Task.Delay(_random.Next(20), CancellationToken.None).ConfigureAwait(false);
            }

            if (tokens >= leaveAfter)
            {
                tally.AddAbandoned(tokens);
            }
            else if (entry.Answers.Where((answer, fork) => answer.Count != read[fork]).Any())
            {
                var alone = string.Join(", ", entry.Answers.Select(static answer => answer.Count));
                tally.AddError($"Answers ended after {string.Join(", ", read)} tokens; computed alone they have {alone}.");
            }
            else
            {
                tally.AddAnswer(first, clock.Elapsed, tokens);
            }
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
            tally.AddError($"{error.GetType().Name}: {error.Message}");
        }
    }
}
