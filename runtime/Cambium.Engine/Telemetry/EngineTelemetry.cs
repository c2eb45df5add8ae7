using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Cambium.Runtime;

/// <summary>
/// The engine's OpenTelemetry source, under the name "Cambium": an activity for each request, and instruments, with the names of the semantic
/// conventions for generative AI where there are any (opentelemetry.io/docs/specs/semconv/gen-ai). Costs almost nothing without a listener.
/// </summary>
internal sealed class EngineTelemetry : IDisposable
{
    public const string Name = "Cambium";

    private const string Operation = "text_completion";

    private static readonly ActivitySource Source = new(Name);

    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _toFirstToken;
    private readonly Histogram<double> _perToken;
    private readonly Histogram<long> _tokens;
    private readonly string _model;
    private readonly TimeProvider _clock;

    /// <param name="model">The model's name.</param>
    /// <param name="statistics">Reads the engine's counters.</param>
    /// <param name="clock">For durations.</param>
    public EngineTelemetry(string model, Func<EngineStatistics> statistics, TimeProvider clock)
    {
        _model = model;
        _clock = clock;
        InstrumentAdvice<double> seconds = new()
            { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] };
        _duration = _meter.CreateHistogram("gen_ai.server.request.duration", "s", "Time from a request to its last token.", advice: seconds);
        _toFirstToken = _meter.CreateHistogram("gen_ai.server.time_to_first_token", "s", "Time from a request to its first token.", advice: seconds);
        _perToken = _meter.CreateHistogram("gen_ai.server.time_per_output_token", "s", "Time per token after the first.", advice: seconds);
        _tokens = _meter.CreateHistogram(
            "gen_ai.client.token.usage", "{token}", "Tokens of prompts and answers.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144] });

        var tags = new KeyValuePair<string, object?>("gen_ai.request.model", model);
        void Gauge(string name, string unit, string description, Func<EngineStatistics, long> value) =>
            _meter.CreateObservableUpDownCounter(name, () => new Measurement<long>(value(statistics()), tags), unit, description);
        void Counter(string name, string unit, string description, Func<EngineStatistics, long> value) =>
            _meter.CreateObservableCounter(name, () => new Measurement<long>(value(statistics()), tags), unit, description);

        Gauge("cambium.requests.running", "{request}", "Running requests.", static s => s.Running);
        Gauge("cambium.requests.waiting", "{request}", "Waiting requests.", static s => s.Waiting);
        Gauge("cambium.cache.bytes_in_use", "By", "KV cache of running requests, each chunk counted once.", static s => s.KvBytesInUse);
        Gauge("cambium.cache.bytes_unshared", "By", "KV cache of running requests without sharing.", static s => s.KvBytesUnshared);
        Gauge("cambium.cache.bytes_cached", "By", "KV cache without users.", static s => s.KvBytesCached);
        Counter("cambium.cache.hit_tokens", "{token}", "Prompt tokens read from the KV cache.", static s => s.TokensCached);
        Counter("cambium.cache.evictions", "{chunk}", "Cached chunks evicted.", static s => s.Evictions);
        Counter("cambium.scheduler.preemptions", "{request}", "Preemptions of running requests.", static s => s.Preemptions);
        Counter("cambium.scheduler.retries", "{step}", "Failed steps whose requests were repeated one by one.", static s => s.Retries);
        _meter.CreateObservableCounter(
            "cambium.attention.time", () => new Measurement<double>(statistics().AttentionTime.TotalSeconds, tags), "s", "Time spent in attention.");
        _meter.CreateObservableCounter(
            "cambium.attention.time_saved", () => new Measurement<double>(statistics().AttentionTimeSaved.TotalSeconds, tags),
            "s", "Time that two-phase attention saved.");
        Counter("cambium.attention.shared_blocks", "{block}", "Blocks with rows of several sequences.", static s => s.SharedBlocks);
        Counter("cambium.attention.chunk_reads", "{chunk}", "Chunks that attention read.", static s => s.ChunkReads);
        Counter(
            "cambium.attention.chunk_reads_unshared",
            "{chunk}",
            "Chunks that separate sequences would have read.",
            static s => s.ChunkReadsUnshared);
    }

    public Call Begin(Request request) => new(this, request);

    public void Dispose() => _meter.Dispose();

    /// <summary>One request, from the caller's side.</summary>
    internal sealed class Call
    {
        private readonly EngineTelemetry _owner;
        private readonly Activity? _activity;
        private readonly long _begun;
        private long _first;
        private int _generated;
        private GeneratedToken _last;
        private Exception? _error;

        public Call(EngineTelemetry owner, Request request)
        {
            _owner = owner;
            _begun = owner._clock.GetTimestamp();
            _activity = Source.StartActivity($"{Operation} {owner._model}", ActivityKind.Internal);
            if (_activity is not { IsAllDataRequested: true } activity)
                return;
            activity.SetTag("gen_ai.operation.name", Operation).SetTag("gen_ai.provider.name", "cambium").SetTag("gen_ai.request.model", owner._model)
                .SetTag("gen_ai.request.max_tokens", request.MaxTokens).SetTag("gen_ai.request.seed", (long?)request.Sampling?.Seed);
        }

        public void See(in GeneratedToken token)
        {
            if (_generated++ == 0)
                _first = _owner._clock.GetTimestamp();
            _last = token;
        }

        public void Fail(Exception error) => _error = error;

        // Listeners are code of the application: the exception of one reaches the caller of this request, after everything was released.
        public void End()
        {
            var error = _error?.GetType().Name ?? (_last.IsLast ? null : nameof(OperationCanceledException));
            try
            {
                Record(error);
            }
            finally
            {
                EndActivity(error);
            }
        }

        private void Record(string? error)
        {
            var now = _owner._clock.GetTimestamp();
            TagList tags = new()
                { { "gen_ai.operation.name", Operation }, { "gen_ai.provider.name", "cambium" }, { "gen_ai.request.model", _owner._model } };
            if (_generated > 0)
                _owner._toFirstToken.Record(Seconds(_begun, _first), tags);
            if (_last.IsLast)
            {
                if (_generated > 1)
                    _owner._perToken.Record(Seconds(_first, now) / (_generated - 1), tags);
                Count("input", _last.Usage.PromptTokens, tags);
                Count("output", _last.Usage.GeneratedTokens, tags);
            }

            if (error is not null)
                tags.Add("error.type", error);
            _owner._duration.Record(Seconds(_begun, now), tags);
        }

        private void EndActivity(string? error)
        {
            if (_activity is null)
                return;
            if (error is not null)
                _activity.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error, _error?.Message);
            if (_last.IsLast)
            {
                _activity.SetTag("gen_ai.usage.input_tokens", _last.Usage.PromptTokens)
                    .SetTag("gen_ai.usage.output_tokens", _last.Usage.GeneratedTokens)
                    .SetTag("gen_ai.usage.cache_read.input_tokens", _last.Usage.CachedTokens)
                    .SetTag("gen_ai.response.finish_reasons", new[] { _last.Finish.ToString() });
            }

            _activity.Dispose();
        }

        private void Count(string type, int tokens, TagList tags)
        {
            tags.Add("gen_ai.token.type", type);
            _owner._tokens.Record(tokens, tags);
        }

        private double Seconds(long from, long to) => _owner._clock.GetElapsedTime(from, to).TotalSeconds;
    }
}
