using System.Collections;
using System.Reflection;
using Cambium.Generators.Tests.Mutation;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>What runs again after an edit, and what travels through the pipeline.</summary>
public sealed class CachingTests
{
    private static readonly string[] AfterSpec = [StepNames.Surface, StepNames.BlockText, StepNames.References, StepNames.ClassDiagnostics, StepNames.Link, StepNames.Program, StepNames.Diagnostics];

    /// <summary>Right classes and a spread of mutants, by their names.</summary>
    private static readonly Lazy<IReadOnlyDictionary<string, IReadOnlyList<string>>> More = new(static () =>
        Sources.Names(4).ToDictionary(static name => name, Sources.Get)
            .Concat(Campaign.Trials(seed: 2, ofEach: 1, random: 2).Where(static (_, i) => i % 6 == 0).ToDictionary(static trial => $"{trial.Mutant.Rule}, in {trial.Name}", static trial => trial.Sources))
            .ToDictionary(StringComparer.Ordinal));

    public static TheoryData<string> Names => [.. DiagnosticSamples.All.Select(static entry => entry.Name), .. More.Value.Keys];

    [Theory]
    [InlineData("var x = Embedding[tokens];", "// a comment\n\n\n        var x = Embedding[tokens];")]
    [InlineData("x = block.Forward(x);", "x =   /* a remark */ block\n.Forward( x );")]
    [InlineData("namespace Sample;", "\n\n// a header\nnamespace Sample;")]
    public void A_comment_or_a_blank_line_runs_nothing_behind_the_spec(string before, string after)
    {
        var generation = Generation.Run(Sample.Whole);
        generation.Edit(Sample.Whole.Replace(before, after, StringComparison.Ordinal));
        Assert.Contains(IncrementalStepRunReason.Modified, generation.Reasons(StepNames.Read));
        Assert.All(generation.Reasons(StepNames.Spec), static reason => Assert.Contains(reason, new[] { IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Cached }));
        Assert.NotEmpty(generation.Reasons(StepNames.Program));
        NothingRan(generation);
    }

    [Fact]
    public void An_edit_elsewhere_runs_nothing_behind_the_spec()
    {
        var generation = Generation.Run(Sample.Whole, "class Other { int a; }");
        generation.Edit("class Other { int a, b; }", 1);
        Assert.All(generation.Reasons(StepNames.Read), static reason => Assert.NotEqual(IncrementalStepRunReason.Modified, reason));
        Assert.NotEmpty(generation.Reasons(StepNames.Program));
        NothingRan(generation);
    }

    [Fact]
    public void An_added_statement_runs_the_compiler_and_leaves_the_surface_alone()
    {
        var generation = Generation.Run(Sample.Whole);
        generation.Edit(Sample.Whole.Replace("return Linear", "x = x * 2;\n        return Linear", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], generation.Reasons(StepNames.Link));
        Assert.DoesNotContain(IncrementalStepRunReason.Modified, generation.Reasons(StepNames.Surface));
    }

    [Fact]
    public void An_added_dim_changes_the_surface()
    {
        var generation = Generation.Run(Sample.Whole);
        generation.Edit(Sample.Whole.Replace("[Option(\"eps\"", "[Dim(\"more\")] public partial int More { get; }\n[Option(\"eps\"", StringComparison.Ordinal));
        Assert.Contains(IncrementalStepRunReason.Modified, generation.Reasons(StepNames.Surface));
        Assert.Contains("public partial int More => _more;", generation.File("Tiny.Surface.g.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_that_a_model_does_not_reach_does_not_wake_it()
    {
        const string other = "[Block] public partial class Other { [Weight(\"w\", \"3, 3\")] public partial Tensor W { get; } public Tensor Forward(Tensor x) => Linear(x, W); }";
        var generation = Generation.Run(Sample.Whole, other);
        generation.Edit(other.Replace("=> Linear", "=> 2 * Linear", StringComparison.Ordinal), 1);
        Assert.Contains(IncrementalStepRunReason.Modified, generation.Reasons(StepNames.Spec));
        Assert.Equal([IncrementalStepRunReason.Unchanged], generation.Reasons(StepNames.Link));
        Assert.Equal([IncrementalStepRunReason.Cached], generation.Reasons(StepNames.Program));
    }

    [Fact]
    public void A_block_that_a_model_reaches_wakes_it()
    {
        var generation = Generation.Run(Sample.Whole);
        generation.Edit(Sample.Whole.Replace("return x + Linear", "return x - Linear", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], generation.Reasons(StepNames.Link));
    }

    [Fact]
    public void A_mistake_that_moves_is_reported_at_its_new_place_without_a_new_compilation()
    {
        var source = Sample.Model("return Linear(Embedding[tokens], Norm);");
        var generation = Generation.Run(source);
        var first = Assert.Single(generation.Diagnostics).Location.SourceSpan.Start;
        generation.Edit("// moved\n" + source);
        Assert.Equal(first + "// moved\n".Length, Assert.Single(generation.Diagnostics).Location.SourceSpan.Start);
        NothingRan(generation);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Equal_sources_give_equal_values_in_every_step(string name)
    {
        var (one, two) = (Generation.Run(Get(name)), Generation.Run(Get(name)));
        foreach (var step in AfterSpec.Append(StepNames.Read).Append(StepNames.Spec))
            Assert.Equal(one.Outputs<object>(step), two.Outputs<object>(step));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_of_Roslyn_travels_through_the_pipeline_whatever_the_source(string name) => HoldsNothingOfRoslyn(Generation.Run(Get(name)));

    [Fact]
    public void Nothing_of_Roslyn_travels_through_the_pipeline() => HoldsNothingOfRoslyn(Generation.Run(Sample.Whole));

    [Theory]
    [MemberData(nameof(Names))]
    public void No_place_is_behind_the_spec_whatever_the_source(string name)
    {
        var sources = Get(name);
        var generation = Generation.Run(sources);
        generation.Edit("\n// moved down\n" + sources[0]);
        NothingRan(generation);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_edit_elsewhere_runs_nothing_whatever_the_source(string name)
    {
        var sources = Get(name);
        var generation = Generation.Run([.. sources, "class Other { int a; }"]);
        generation.Edit("class Other { int a, b; }", sources.Count);
        NothingRan(generation);

        // Nor does the same text again.
        generation.Edit(sources[0]);
        NothingRan(generation);
    }

    private static IReadOnlyList<string> Get(string name) => More.Value.TryGetValue(name, out var sources) ? sources : [Marked.Parse(DiagnosticSamples.Get(name).Source).Text];

    private static void NothingRan(Generation generation)
    {
        foreach (var step in AfterSpec)
        {
            Assert.All(
                generation.Reasons(step),
                reason => Assert.True(reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"step '{step}' is {reason}"));
        }

        Assert.All(generation.Reasons(StepNames.Program), static reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    private static void HoldsNothingOfRoslyn(Generation generation)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var step in AfterSpec.Append(StepNames.Read).Append(StepNames.Spec))
        {
            foreach (var output in generation.Outputs<object>(step))
                Walk(output, step, seen);
        }

        Assert.True(seen.Count > 4, "the walk saw nothing");
    }

    private static void Walk(object? node, string path, HashSet<object> seen)
    {
        if (node is null || node is string || !seen.Add(node))
            return;
        var type = node.GetType();
        Assert.False(
            type.Assembly.GetName().Name!.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal) || node is Delegate,
            $"{path} holds {type.FullName}");
        if (type.IsPrimitive || type.IsEnum)
            return;
        if (node is IEnumerable items)
        {
            foreach (var item in items)
                Walk(item, path + "[]", seen);
        }

        for (var level = type; level is not null; level = level.BaseType)
        {
            foreach (var field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                Walk(field.GetValue(node), $"{path}.{field.Name}", seen);
        }
    }
}
