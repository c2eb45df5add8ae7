using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime;
using Cambium.Text;
using Xunit;

namespace Cambium.Fuzz;

/// <summary>The limits in <c>SECURITY.md</c> are those of the code.</summary>
public sealed partial class SecurityPageTests
{
    private static readonly Assembly[] s_assemblies =
    [
        typeof(CheckpointException).Assembly, typeof(Tokenizer).Assembly, typeof(Constraint).Assembly, typeof(CompiledModel).Assembly,
        typeof(EngineOptions).Assembly,
    ];

    private static (string Type, string Member, string Value)[] Rows { get; } =
    [
        .. Row().Matches(File.ReadAllText(Repository.At("SECURITY.md")))
            .Select(static row => (row.Groups["type"].Value, row.Groups["member"].Value, row.Groups["value"].Value)),
    ];

    [Fact]
    public void Every_limit_has_the_value_of_the_code()
    {
        Assert.True(Rows.Length > 30, $"Only {Rows.Length} limits were found.");
        Assert.All(Rows, static row => Assert.Equal((row.Type, row.Member, Written(Value(row.Type, row.Member))), row));
    }

    // The size of a block of attention bounds no request.
    [Fact]
    public void Every_limit_of_an_engine_is_in_the_table()
    {
        var limits = typeof(EngineOptions).GetProperties().Select(static property => property.Name)
            .Where(static name => name.StartsWith("Max", StringComparison.Ordinal) && name != nameof(EngineOptions.MaxBlockRows));
        Assert.All(limits, static name => Assert.Contains(Rows, row => row.Type == nameof(EngineOptions) && row.Member == name));
    }

    private static object? Value(string typeName, string member)
    {
        var type = s_assemblies.SelectMany(static assembly => assembly.GetTypes())
            .SingleOrDefault(type => type.Name == typeName && type.DeclaringType is null)
            ?? throw new InvalidOperationException($"There is not one type {typeName}.");
        if (type.GetField(member, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic) is { } constant)
            return constant.GetValue(null);
        var property = type.GetProperty(member) ?? throw new InvalidOperationException($"{typeName} has no {member}.");
        return property.GetValue(Activator.CreateInstance(type));
    }

    private static string Written(object? value) => value switch
    {
        null => "none",
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    [GeneratedRegex(@"^\| `(?<type>\w+)\.(?<member>\w+)` \| (?<value>[^|]+?) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
