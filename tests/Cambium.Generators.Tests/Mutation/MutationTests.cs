using Cambium.Generators.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>
/// Valid classes with one change. If an independent evaluator finds an error, Cambium reports it at its position. If C# reports it, Cambium
/// reports nothing. Nothing crashes. <c>CAMBIUM_RANDOM_MUTANTS=5000 dotnet test ..</c> tries that many, from <c>CAMBIUM_SEED</c> or the time.
/// </summary>
public sealed class MutationTests(Campaign campaign, ITestOutputHelper output) : IClassFixture<Campaign>
{
    /// <summary>Diagnostics that no change of the classes of one project causes.</summary>
    private static readonly Dictionary<string, string> NotCovered = new(StringComparer.Ordinal)
    {
        ["CMB012"] = "needs a block of an assembly without descriptions",
        ["CMB016"] = "needs an assembly with a damaged description",
        ["CMB020"] = "is about calls outside of models",
        ["CMB021"] = "is a warning about classes that are valid",
        ["CMB099"] = "is a bug in Cambium",
        ["CMB105"] = "needs a front end that knows more operations than its compiler, such as one of another version that described a block",
        ["CMB106"] = "needs a described block that loops over another value: for source, the front end reports CMB010",
        ["CMB109"] = "needs a class that is larger than the compiler accepts",
    };

    public static TheoryData<string> Originals => [.. Sources.Names(3)];

    [Theory]
    [MemberData(nameof(Originals))]
    public void Sources_of_mutants_are_valid(string name) => Verify.Clean(Sources.Get(name));

    [Fact]
    public void Every_mutant_is_reported_at_its_position()
    {
        var faults = campaign.Outcomes.Where(static outcome => outcome.Kind == OutcomeKind.Fault).ToList();
        foreach (var rule in campaign.Outcomes.GroupBy(static outcome => outcome.Trial.Mutant.Rule))
        {
            var kinds = rule.GroupBy(static outcome => outcome.Kind).OrderBy(static group => group.Key)
                .Select(static group => $"{group.Key} {group.Count()}");
            output.WriteLine($"{rule.Count(),5} {string.Join(", ", kinds)}: {rule.Key}");
        }

        var descriptions = faults.Take(30).Select(fault => fault.Describe(campaign.Seed, campaign.Wanted));
        Assert.True(
            faults.Count == 0,
            $"{faults.Count} of {campaign.Outcomes.Count}:\n\n{string.Join("\n", descriptions)}\n\n{faults.FirstOrDefault()?.Trial.Mutant.Source}");
    }

    [Fact]
    public void Every_rule_has_mutants()
    {
        var tried = campaign.Outcomes.Select(static outcome => outcome.Trial.Mutant.Rule).ToHashSet();
        Assert.All(Rule.All, rule => Assert.Contains(rule.Name, tried));
    }

    [Fact]
    public void Each_rule_is_reported_by_Cambium_or_by_CSharp()
    {
        var kinds = campaign.Outcomes.ToLookup(static outcome => outcome.Trial.Mutant.Rule, static outcome => outcome.Kind);
        Assert.All(
            Rule.All.Where(static rule => rule.Codes.Count > 0),
            rule => Assert.True(kinds[rule.Name].Contains(OutcomeKind.Reported), rule.Name));
        Assert.All(
            Rule.All.Where(static rule => rule.IsForCSharp),
            rule => Assert.True(kinds[rule.Name].Contains(OutcomeKind.ReportedByCSharp), rule.Name));
    }

    [Fact]
    public void Mutants_cause_every_possible_diagnostic()
    {
        var met = campaign.Outcomes
            .Where(static outcome => outcome.Kind == OutcomeKind.Reported)
            .SelectMany(static outcome => outcome.Codes)
            .ToHashSet();
        Assert.Equal(
            Descriptors.All.Select(static descriptor => descriptor.Id).Except(NotCovered.Keys).Order(StringComparer.Ordinal),
            met.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Few_mutants_are_valid_for_some_sizes_only() =>
        Assert.True(
            10 * campaign.Outcomes.Count(static outcome => outcome.Kind == OutcomeKind.SizeDependent) < campaign.Outcomes.Count,
            "The evaluator decides too few mutants.");
}
