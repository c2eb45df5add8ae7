using System.Collections;
using System.Reflection;
using Cambium.Generators.Tests.Mutation;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The steps that run after an edit, and the values in the pipeline.</summary>
public sealed class CachingTests
{
    private static readonly string[] AfterSpec = [StepNames.Surface, StepNames.BlockText, StepNames.References, StepNames.ClassDiagnostics,
        StepNames.Link, StepNames.Program, StepNames.Diagnostics];

    /// <summary>Valid classes and a selection of mutants, by name.</summary>
    private static readonly Lazy<IReadOnlyDictionary<string, IReadOnlyList<string>>> More = new(static () =>
        Sources.Names(4).ToDictionary(static name => name, Sources.Get)
            .Concat(Campaign.Trials(seed: 2, ofEach: 1, random: 2).Where(static (_, i) => i % 6 == 0)
                .ToDictionary(static trial => $"{trial.Mutant.Rule}, in {trial.Name}", static trial => trial.Sources))
            .ToDictionary(StringComparer.Ordinal));

    public static TheoryData<string> Names => [.. DiagnosticSamples.All.Select(static entry => entry.Name), .. More.Value.Keys];

    [Theory]
    [InlineData("var x = Embedding[tokens];", "// a comment\n\n\n        var x = Embedding[tokens];")]
    [InlineData("x = block.Forward(x);", "x =   /* a remark */ block\n.Forward( x );")]
    [InlineData("namespace Sample;", "\n\n// a header\nnamespace Sample;")]
    public void Comments_and_blank_lines_run_no_step_after_the_spec(string before, string after)
    {
        var generation = Generation.Run(Sample.Whole);
        generation.Edit(Sample.Whole.Replace(before, after, StringComparison.Ordinal));
        Assert.Contains(IncrementalStepRunReason.Modified, generation.Reasons(StepNames.Read));
        Assert.All(
            generation.Reasons(StepNames.Spec),
            static reason => Assert.Contains(reason, new[] { IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Cached }));
        Assert.NotEmpty(generation.Reasons(StepNames.Program));
        NothingRan(generation);
    }

    [Fact]
    public void An_edit_in_another_file_runs_no_step_after_the_spec()
    {
        var generation = Generation.Run(Sample.Whole, "class Other { int a; }");
        generation.Edit("class Other { int a, b; }", 1);
        Assert.All(generation.Reasons(StepNames.Read), static reason => Assert.NotEqual(IncrementalStepRunReason.Modified, reason));
        Assert.NotEmpty(generation.Reasons(StepNames.Program));
        NothingRan(generation);
    }

    [Fact]
    public void An_added_statement_runs_the_compiler_but_not_the_surface()
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
        generation.Edit(
            Sample.Whole.Replace("[Option(\"eps\"", "[Dim(\"more\")] public partial int More { get; }\n[Option(\"eps\"", StringComparison.Ordinal));
        Assert.Contains(IncrementalStepRunReason.Modified, generation.Reasons(StepNames.Surface));
        Assert.Contains("public partial int More => _more;", generation.File("Tiny.Surface.g.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_of_an_unused_block_does_not_compile_the_model()
    {
        const string other =
            "[Block] public partial class Other { [Weight(\"w\", \"3, 3\")] public partial Tensor W { get; } "
                + "public Tensor Forward(Tensor x) => Linear(x, W); }";
        var generation = Generation.Run(Sample.Whole, other);
        generation.Edit(other.Replace("=> Linear", "=> 2 * Linear", StringComparison.Ordinal), 1);
        Assert.Contains(IncrementalStepRunReason.Modified, generation.Reasons(StepNames.Spec));
        Assert.Equal([IncrementalStepRunReason.Unchanged], generation.Reasons(StepNames.Link));
        Assert.Equal([IncrementalStepRunReason.Cached], generation.Reasons(StepNames.Program));
    }

    [Fact]
    public void An_edit_of_a_used_block_compiles_the_model()
    {
        var generation = Generation.Run(Sample.Whole);
        generation.Edit(Sample.Whole.Replace("return x + Linear", "return x - Linear", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], generation.Reasons(StepNames.Link));
    }

    private const string Skeleton = """
        [Model]
        public abstract partial class Skeleton
        {
            [Weight("w", "4, 4")] public partial Tensor W { get; }
            public Tensor Forward(Tokens tokens) => Linear(Inner(W[tokens]), W);
            protected abstract Tensor Inner(Tensor x);
        }
        """;

    private const string Heir = "[Model] public partial class Heir : Skeleton { protected override Tensor Inner(Tensor x) => x + 1; }";

    [Fact]
    public void An_edit_of_an_abstract_model_compiles_only_the_models_that_extend_it()
    {
        var generation = Generation.Run(Heir, Sample.Whole, Skeleton);
        generation.Edit(Skeleton.Replace("Linear(Inner(", "2 * Linear(Inner(", StringComparison.Ordinal), 2);
        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Unchanged], generation.Reasons(StepNames.Link).Order());
    }

    [Fact]
    public void A_comment_in_an_abstract_model_runs_no_later_step()
    {
        var generation = Generation.Run(Heir, Skeleton);
        generation.Edit("// moved\n" + Skeleton, 1);
        NothingRan(generation);
    }

    [Fact]
    public void A_moved_error_is_reported_at_its_new_position_without_compilation()
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
    public void No_source_puts_Roslyn_objects_into_the_pipeline(string name) => HoldsNothingOfRoslyn(Generation.Run(Get(name)));

    [Fact]
    public void The_pipeline_contains_no_Roslyn_objects() => HoldsNothingOfRoslyn(Generation.Run(Sample.Whole));

    [Theory]
    [MemberData(nameof(Names))]
    public void No_source_has_positions_after_the_spec(string name)
    {
        var sources = Get(name);
        var generation = Generation.Run(sources);
        generation.Edit("\n// moved down\n" + sources[0]);
        NothingRan(generation);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_edit_in_another_file_runs_no_step_for_any_source(string name)
    {
        var sources = Get(name);
        var generation = Generation.Run([.. sources, "class Other { int a; }"]);
        generation.Edit("class Other { int a, b; }", sources.Count);
        NothingRan(generation);

        // The same text again runs nothing, either.
        generation.Edit(sources[0]);
        NothingRan(generation);
    }

    private static IReadOnlyList<string> Get(string name) =>
        More.Value.TryGetValue(name, out var sources) ? sources : [Marked.Parse(DiagnosticSamples.Get(name).Source).Text];

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
