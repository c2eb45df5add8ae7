using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Xml.Linq;
using Cambium.Checkpoints;
using Cambium.Runtime.Cache;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>Traces and metrics of an engine.</summary>
public sealed class TelemetryTests : IDisposable
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 32 * 64, Threads = 1, Seed = 1 };

    private readonly ConcurrentBag<(string Name, double Value, Dictionary<string, object?> Tags)> _seen = [];
    private readonly ConcurrentBag<Activity> _activities = [];
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _listener;

    // Other tests run engines at the same time, so this test's model has its own name.
    private readonly string _model = $"Telemetry{Guid.NewGuid():N}";

    public TelemetryTests()
    {
        _meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Cambium")
                listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => See(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => See(instrument, value, tags));
        _meters.Start();
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Cambium",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("gen_ai.request.model"), _model))
                    _activities.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task A_request_is_traced_by_the_semantic_conventions()
    {
        await using var engine = new Engine(new ScriptedModel(name: _model), Small);
        var prompt = Enumerable.Range(0, 40).ToArray();
        await engine.CompleteAsync(new Request { PromptTokens = prompt, MaxTokens = 7 });
        await engine.CompleteAsync(new Request { PromptTokens = prompt, MaxTokens = 7 });
        await Assert.ThrowsAsync<RequestRefusedException>(() => engine.CompleteAsync(new Request { PromptTokens = prompt, MaxTokens = 0 }));
        await foreach (var _ in engine.GenerateAsync(new Request { PromptTokens = prompt, MaxTokens = 9 }))
            break;
        _meters.RecordObservableInstruments();

        Assert.Equal([null, null, "OperationCanceledException", "RequestRefusedException"], Measured("gen_ai.server.request.duration")
            .Select(static one => (string?)one.Tags.GetValueOrDefault("error.type")).Order(StringComparer.Ordinal));
        Assert.Equal(3, Measured("gen_ai.server.time_to_first_token").Count);
        Assert.Equal(2, Measured("gen_ai.server.time_per_output_token").Count);
        Assert.Equal([7, 7, 40, 40], Measured("gen_ai.client.token.usage").Select(static one => one.Value).Order());
        Assert.All(Measured("gen_ai.client.token.usage"), static one => Assert.Equal(one.Value > 7 ? "input" : "output",
            one.Tags["gen_ai.token.type"]));
        Assert.InRange(Assert.Single(Measured("cambium.cache.hit_tokens")).Value, 39, 100);
        Assert.Single(Measured("cambium.requests.running"));

        var activities = _activities.OrderBy(static activity => activity.StartTimeUtc).ToList();
        Assert.Equal(4, activities.Count);
        Assert.Equal($"text_completion {_model}", activities[0].DisplayName);
        Assert.Equal((40, 7, 0, 39), (activities[0].GetTagItem("gen_ai.usage.input_tokens"), activities[0].GetTagItem("gen_ai.usage.output_tokens"),
            activities[0].GetTagItem("gen_ai.usage.cache_read.input_tokens"), activities[1].GetTagItem("gen_ai.usage.cache_read.input_tokens")));
        Assert.Equal(ActivityStatusCode.Error, activities[2].Status);
        Assert.Contains("MaxTokens", activities[2].StatusDescription, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tree_can_be_inspected_at_run_time()
    {
        await using var engine = new Engine(new ScriptedModel(name: _model), Small);
        int[] common = [.. Enumerable.Range(0, 32)];
        await engine.CompleteAsync(new Request { PromptTokens = common, MaxTokens = 1, Pin = Timeout.InfiniteTimeSpan, Publish = true });
        await engine.CompleteAsync(new Request { PromptTokens = (int[])[.. common, 7, 8, 9], MaxTokens = 1, Tenant = "acme \"inc\"" });
        var snapshot = await engine.SnapshotAsync();

        Assert.Equal([-1, snapshot.Nodes[0].Index, snapshot.Nodes[1].Index], snapshot.Nodes.Select(static node => node.Parent));
        Assert.Equal(common, snapshot.Nodes[1].Tokens);
        Assert.True(snapshot.Nodes[1] is { IsPublished: true, Users: 1, Tenant: "", Name.Length: 64 });
        Assert.True(snapshot.Nodes[2] is { IsPublished: false, Users: 0, Tenant: "acme \"inc\"", Name: "", Computed: 3 });
        Assert.Contains("\n  0+32 [0 1 2 3 4 5 6 7 ..] published 1 users\n    32+3 [7 8 9] of acme \"inc\" last used", snapshot.ToString(),
            StringComparison.Ordinal);
        Assert.Contains("of acme \\\"inc\\\" last used", snapshot.ToDot(), StringComparison.Ordinal);
        Assert.Contains($"n{snapshot.Nodes[1].Index} -> n{snapshot.Nodes[2].Index};", snapshot.ToDot(), StringComparison.Ordinal);
        var picture = XDocument.Parse(snapshot.ToSvg()).Root!;
        Assert.Equal(["lightblue", "gainsboro"], picture.Elements().Where(static one => one.Name.LocalName == "rect").Skip(1)
            .Select(static one => one.Attribute("fill")!.Value));
        Assert.Contains("of acme \"inc\" last used", picture.Elements().Last().Value, StringComparison.Ordinal);
        Assert.Equal(2, picture.Elements().Count(static one => one.Name.LocalName == "path"));
        Assert.StartsWith("3 rows in 1 blocks, 0 of them of several sequences; saves 0", await engine.DescribePlanAsync(), StringComparison.Ordinal);
        Assert.EndsWith(
            "\nnode 0: 32 keys from position 0, above rows 0 to 2\nnode 1: 3 keys from position 32, above rows 0 to 2\nblock 0: rows 0 to 2, "
                + "nodes 0 1\n", await engine.DescribePlanAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await engine.UnpinAsync());
        Assert.False((await engine.SnapshotAsync()).Nodes[1].IsPublished);

        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.SnapshotAsync());
    }

    public void Dispose()
    {
        _meters.Dispose();
        _listener.Dispose();
    }

    private List<(double Value, Dictionary<string, object?> Tags)> Measured(string name) =>
        [.. _seen.Where(one => one.Name == name).Select(static one => (one.Value, one.Tags))];

    private void See(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var read = tags.ToArray().ToDictionary(static tag => tag.Key, static tag => tag.Value);
        if (Equals(read.GetValueOrDefault("gen_ai.request.model"), _model))
            _seen.Add((instrument.Name, value, read));
    }
}
