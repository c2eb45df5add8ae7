using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>
/// C# ends a build before its analyzers report if a declaration has errors, so the generator itself reports what causes these errors.
/// </summary>
public sealed class FormDiagnosticTests
{
    private const string Members = """
        [Weight("w", "4, 4")] public partial Tensor W { get; }
        public Tensor Forward(Tokens tokens) => Linear(W[tokens], W);
        """;

    public static TheoryData<string, string> Sources => new()
    {
        { $"[Model] public class Tiny {{ {Members} }}", "CMB001" },
        { $"public class Outer {{ [Model] public partial class Tiny {{ {Members} }} }}", "CMB002" },
        { $"public partial class Outer {{ [Model] public partial class Tiny {{ {Members} }} }} class Use {{ void Run() => Outer.Tiny.Load(\"x\"); }}",
            "CMB002" },
        { $"[Model] public partial class Tiny {{ {Members} public int Load => 1; }}", "CMB009" },
        { $"[Model] public partial class Tiny<T> {{ {Members} }}", "CMB002" },
        { "[Block] public class Part { [Weight(\"w\", \"4\")] public partial Tensor W { get; } public Tensor Forward(Tensor x) => x * W; }",
            "CMB001" },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void The_generator_reports_the_form_that_stops_a_build(string source, string code)
    {
        var generation = Generation.Run(source);
        Assert.Equal([code], generation.Result.Diagnostics.Select(static item => item.Id));
        Assert.Equal([code], generation.Diagnostics.Select(static item => item.Id));
    }
}
