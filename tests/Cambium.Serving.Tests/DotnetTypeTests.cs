using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cambium.Runtime;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cambium.Serving.Tests;

/// <summary>Answers of <c>GetResponseAsync&lt;T&gt;</c>: random text within the schema of a type is read and keeps the attributes.</summary>
public sealed class DotnetTypeTests : IAsyncDisposable
{
    private readonly Engine _engine = new(new ClosingModel(), new EngineOptions { ChunkSize = 32, PoolTokens = 32 * 512, Threads = 1, Seed = 1 });

    internal enum Size
    {
        Small,
        Medium,
        Large,
    }

    [Fact]
    public Task Scalars_are_read() => Check<Scalars>();

    [Fact]
    public Task Nullable_scalars_are_read() => Check<Nullables>();

    [Fact]
    public Task Ranges_are_kept() => Check<Ranges>();

    [Fact]
    public Task Attributes_of_strings_are_kept() => Check<Texts>();

    [Fact]
    public Task Allowed_or_denied_values_are_kept() => Check<Values>();

    [Fact]
    public Task Collections_are_read() => Check<Collections>();

    [Fact]
    public Task Recursive_types_are_read() => Check<Tree>();

    [Fact]
    public Task Mutually_recursive_types_are_read() => Check<Mutual>();

    [Fact]
    public Task Several_properties_of_a_recursive_type_are_read() => Check<Trees>();

    [Fact]
    public async Task Polymorphic_types_are_read()
    {
        var shapes = await Check<Shape>(30);
        Assert.Contains(shapes, static shape => shape is Circle);
        Assert.Contains(shapes, static shape => shape is Square);
        Assert.Contains(shapes, static shape => shape is Group);
        await Check<Holder>();
        await Check<Animal>();
    }

    [Fact]
    public async Task Types_that_are_not_objects_are_read()
    {
        await Check<DateTime>();
        await Check<DateTimeOffset>();
        await Check<TimeOnly>();
        await Check<DateOnly>();
        await Check<TimeSpan>();
        await Check<Guid>();
        await Check<decimal>();
        await Check<Version>();
        await Check<char>();
        await Check<bool>();
        await Check<Size>();
        await Check<int[]>();
        await Check<List<Tree>>();
        await Check<Dictionary<string, int>>();
    }

    [Fact]
    public async Task Keywords_without_effect_are_logged()
    {
        using var log = new LinesOfLog();
        using var chat = _engine.AsChatClient(ToolTemplates.Plain, log);
        await chat.GetResponseAsync<Link>("?", options: new ChatOptions { MaxOutputTokens = 500 });
        Assert.Contains(log.Lines, static line => line.Contains("'format': \"uri\" at #/properties/target", StringComparison.Ordinal));
        var schema = JsonElement.Parse(
            """
            {
              "type":"object","strict":true,"x-order":1,"discriminator":{"propertyName":"kind"},"propertyNames":{"type":"string"},
              "properties":{"kind":{"const":"a"},"count":{"type":"integer","format":"int64","nullable":true}},"required":["kind","count"]
            }
            """);
        log.Lines.Clear();
        await chat.GetResponseAsync("?", new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema), MaxOutputTokens = 500 });
        foreach (var keyword in (string[])["strict", "x-order", "discriminator", "propertyNames", "format", "nullable"])
            Assert.Contains(log.Lines, line => line.Contains($"'{keyword}'", StringComparison.Ordinal));
        Assert.Equal(6, log.Lines.Count);
    }

    [Fact]
    public async Task A_range_of_dates_is_refused_by_name()
    {
        using var chat = _engine.AsChatClient(ToolTemplates.Plain);
        var error = await Assert.ThrowsAnyAsync<Exception>(() => chat.GetResponseAsync<Period>("?"));
        Assert.Contains("'minimum' at #/properties/day", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranges_of_number_types_are_kept()
    {
        await CheckLarge<byte>();
        await CheckLarge<sbyte>();
        await CheckLarge<short>();
        await CheckLarge<ushort>();
        await CheckLarge<int>();
        await CheckLarge<uint>();
        await CheckLarge<long>();
        await CheckLarge<ulong>();
        await CheckLarge<Half>();
        await CheckLarge<int?>();
        await CheckLarge<DayOfWeek>(new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver() });
    }

    [Fact]
    public async Task Bytes_and_flags_are_read()
    {
        await Check<byte[]>(isTyped: true);
        await Check<Memory<byte>>(isTyped: true);
        await Check<Days>(isTyped: true);
        await Check<Parts>(isTyped: true);
    }

    [Fact]
    public async Task A_type_that_JSON_cannot_have_is_refused()
    {
        using var chat = _engine.AsChatClient(ToolTemplates.Plain);
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => chat.GetResponseAsync<int[,]>("?"));
        Assert.Contains("an array of two dimensions", error.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    // The model writes as many digits as it may.
    private static async Task CheckLarge<T>(JsonSerializerOptions? serializer = null)
    {
        var model = new SpokenModel();
        await using var engine = new Engine(model, new EngineOptions { ChunkSize = 32, PoolTokens = 32 * 64, Threads = 1 });
        using var chat = engine.AsChatClient(ToolTemplates.Plain);
        var options = new ChatOptions { MaxOutputTokens = 60 }.WithAnswerType<T>(serializer);
        foreach (var number in (string[])["99999999999999999999", "-99999999999999999999", "0"])
        {
            model.Say($"{{\"data\":{number}}}");
            var response = await chat.GetResponseAsync<T>("?", serializer ?? AIJsonUtilities.DefaultOptions, options);
            Assert.True(response.TryGetResult(out _), $"{typeof(T)}: {response.Text}");
        }
    }

    private async Task<IReadOnlyList<T>> Check<T>(int count = 12, bool isTyped = false)
    {
        using var chat = _engine.AsChatClient(ToolTemplates.Plain);
        var answers = new List<T>();
        for (var seed = 0; seed < count; seed++)
        {
            var options = new ChatOptions { Temperature = 1, Seed = seed, MaxOutputTokens = 6000 };
            var response = await chat.GetResponseAsync<T>("?", isTyped ? options.WithAnswerType<T>() : options);
            // A few of the recursive answers do not end within the limit.
            if (response.FinishReason == ChatFinishReason.Length)
                continue;
            T answer;
            try
            {
                answer = response.Result;
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException or NotSupportedException)
            {
                throw new InvalidOperationException($"{typeof(T)}: {response.Text}", error);
            }

            // Boxed once: the validator compares references.
            object? boxed = answer;
            var violations = new List<ValidationResult>();
            Assert.True(
                boxed is null || Validator.TryValidateObject(boxed, new ValidationContext(boxed), violations, validateAllProperties: true),
                $"{string.Join(' ', violations)} {response.Text}");
            answers.Add(answer);
        }

        Assert.True(answers.Count > count / 2, $"{answers.Count} answers of {typeof(T)} ended.");
        return answers;
    }

    [Flags, JsonConverter(typeof(JsonStringEnumConverter<Days>))]
    internal enum Days
    {
        None = 0,
        [JsonStringEnumMemberName("sat")]
        Saturday = 1,
        Sunday = 2,
    }

    internal sealed record Parts(
        byte[] Data, byte[]? More, Days[] Open, Days? Closed, byte Level, [property: Range(3, 5)] byte Stars, List<short> Steps);

    internal sealed record Scalars(
        int I, long L, float F, double D, decimal M, bool B, char C, string S, Guid G, DateTime Dt, DateTimeOffset Dto, DateOnly Do, TimeOnly To,
        TimeSpan Ts, Version V, JsonElement Any, Size Size);

    internal sealed record Nullables(
        int? I, decimal? M, string? S, Guid? G, DateTime? Dt, DateTimeOffset? Dto, TimeOnly? To, TimeSpan? Ts, char? C, Size? Size,
        Tree? T, List<int>? L);

    internal sealed class Ranges
    {
        [Range(0, double.MaxValue)]
        public required double NotNegative { get; set; }

        [Range(double.MinValue, double.MaxValue)]
        public required double Any { get; set; }

        [Range(0, long.MaxValue)]
        public required long Long { get; set; }

        [Range(0, ulong.MaxValue)]
        public required ulong Unsigned { get; set; }

        [Range(float.MinValue, float.MaxValue)]
        public required float Single { get; set; }

        [Range(0.1f, 0.7f)]
        public required float Share { get; set; }

        [Range(0.1, 0.7, MinimumIsExclusive = true, MaximumIsExclusive = true)]
        public required double Between { get; set; }

        [Range(typeof(decimal), "0.01", "999999999.99")]
        public required decimal Price { get; set; }

        [Range(0, 1e-9)]
        public required double Tiny { get; set; }

        [Range(1, 5)]
        public required int? Stars { get; set; }
    }

    internal sealed class Texts
    {
        [EmailAddress]
        public required string Email { get; set; }

        [EmailAddress, StringLength(12)]
        public required string ShortEmail { get; set; }

        [Base64String]
        public required string Data { get; set; }

        [Base64String, StringLength(8, MinimumLength = 1)]
        public required string ShortData { get; set; }

        [RegularExpression("[A-Z]{2,9}[0-9]+"), StringLength(6, MinimumLength = 4)]
        public required string Code { get; set; }

        [RegularExpression("[a-c]{1,2}"), DeniedValues("a", "bb")]
        public required string Letters { get; set; }

        [StringLength(2), RegularExpression("[ -~]*")]
        public required string? Short { get; set; }

        [DataType(DataType.Date)]
        public required string Date { get; set; }

        [DataType(DataType.Duration)]
        public required string Duration { get; set; }
    }

    internal sealed class Values
    {
        [DeniedValues(0, 1, 2, 5)]
        public required int Number { get; set; }

        [DeniedValues(1.5, 1.0), Range(1.0, 2.0)]
        public required double Fraction { get; set; }

        [DeniedValues("", "x")]
        public required string Text { get; set; }

        [DeniedValues(Size.Small)]
        public required Size Size { get; set; }

        [AllowedValues("a", "b")]
        public required string Letter { get; set; }

        [AllowedValues("a", "bcd", "ef"), StringLength(2), RegularExpression("[a-d]+")]
        public required string ShortLetter { get; set; }

        [AllowedValues(1, 5, 9), Range(2, 7)]
        public required int Five { get; set; }

        [DeniedValues("a")]
        public required string? Nullable { get; set; }
    }

    internal sealed record Collections(
        int[] A, HashSet<string> S, Dictionary<string, int> D, Dictionary<string, List<Tree>> T, int[][] J,
        KeyValuePair<string, int> P, IEnumerable<Guid> G);

    internal sealed record Tree(int Value, Tree? Left, List<Tree> Kids);

    internal sealed record Trees(Tree A, Tree B, [property: Description("The third.")] Tree C);

    internal sealed class Mutual
    {
        public Other? Other { get; set; }
    }

    internal sealed class Other
    {
        public Mutual? Mutual { get; set; }

        public Mutual[]? More { get; set; }
    }

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    [JsonDerivedType(typeof(Group), "group")]
    internal abstract record Shape([property: Description("The name.")] string Name);

    internal sealed record Circle(string Name, int Radius) : Shape(Name);

    internal sealed record Square(string Name, int Side) : Shape(Name);

    internal sealed record Group(string Name, List<Shape> Parts) : Shape(Name);

    internal sealed record Holder(Shape One, Shape? Two, Shape[] All);

    [JsonDerivedType(typeof(Cat), 1)]
    [JsonDerivedType(typeof(Dog), "dog")]
    internal class Animal
    {
        public int Age { get; set; }
    }

    internal sealed class Cat : Animal
    {
        public int Lives { get; set; }
    }

    internal sealed class Dog : Animal
    {
        public string? Owner { get; set; }
    }

    internal sealed record Link([property: JsonPropertyName("target")] Uri Target);

    internal sealed class Period
    {
        [Range(typeof(DateTime), "2020-01-01", "2030-01-01")]
        public DateTime Day { get; set; }
    }

    private sealed class LinesOfLog : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
