using System.Reflection;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Ops;
using Cambium.Generators.Diagnostics;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The authoring API, the documentation and the compiler's tables agree.</summary>
public sealed class CatalogTests
{
    private static readonly MethodInfo[] Methods = typeof(Operations).GetMethods(BindingFlags.Public | BindingFlags.Static);

    [Fact]
    public void Every_operation_has_a_method_with_the_same_parameters()
    {
        foreach (var op in OpCatalog.All.Where(static op => op.Method is not null and not "Gather"))
        {
            var overloads = Methods.Where(method => method.Name == op.Method).ToList();
            Assert.True(overloads.Count > 0, $"'{op.Method}' is not a method of the authoring API");
            foreach (var overload in overloads)
            {
                // An overload can omit optional parameters.
                var names = overload.GetParameters().Select(static parameter => parameter.Name).ToHashSet();
                Assert.Equal(
                    op.Parameters.Where(parameter => !(parameter.Optional && overloads.Count > 1) || names.Contains(parameter.Name))
                        .Select(static parameter => parameter.Name),
                    overload.GetParameters().Select(static parameter => parameter.Name));
                Assert.True(
                    overload.GetParameters()
                        .All(parameter => !parameter.IsOptional || op.Parameters.Single(known => known.Name == parameter.Name).Optional),
                    $"'{op.Method}' has an optional argument that the compiler requires");
            }
        }
    }

    [Fact]
    public void Every_method_of_the_authoring_API_is_an_operation() =>
        Assert.All(Methods, static method => Assert.NotNull(OpCatalog.FindMethod(method.Name)));

    [Fact]
    public void Every_elementwise_operation_takes_tensors_scores_and_numbers()
    {
        foreach (var op in OpCatalog.All.Where(static op => op is { Kind: OpKind.Elementwise, Method: not null }))
        {
            Assert.Equal(
                [typeof(Tensor), typeof(Score), typeof(float), typeof(double)],
                Methods.Where(method => method.Name == op.Method).Select(static method => method.ReturnType)
                    .OrderBy(static type => type == typeof(double) ? 3 : type == typeof(float) ? 2 : type == typeof(Score) ? 1 : 0));
        }
    }

    [Fact]
    public void A_called_operation_throws_with_advice()
    {
        var error = Assert.Throws<NotSupportedException>(() => Operations.Silu(1f));
        Assert.Contains("'Silu' is compiled by Cambium's generator", error.Message, StringComparison.Ordinal);
        Assert.Contains("Load(folder)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_release_file_lists_exactly_the_diagnostics()
    {
        var listed = ReleaseLines("Shipped")
            .Concat(ReleaseLines("Unshipped"))
            .ToDictionary(static cells => cells[0].Trim(), static cells => (Severity: cells[2].Trim(), Title: cells[3].Trim()));
        Assert.Equal(
            Descriptors.All.Select(static descriptor => descriptor.Id).Order(StringComparer.Ordinal),
            listed.Keys.Order(StringComparer.Ordinal));
        Assert.All(Descriptors.All,
            descriptor =>
                Assert.Equal((descriptor.DefaultSeverity.ToString(), descriptor.Title.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                    listed[descriptor.Id]));
    }

    [Fact]
    public void Every_code_of_the_compiler_has_a_descriptor() =>
        Assert.All(DiagnosticCodes.All, static entry => Assert.Contains(Descriptors.All, descriptor => descriptor.Id == entry.Code));

    private static IEnumerable<string[]> ReleaseLines(string state) =>
        File.ReadAllLines(Path.Combine(Repository.Root, "generators", "Cambium.Generators", $"AnalyzerReleases.{state}.md"))
            .Where(static line => line.StartsWith("CMB", StringComparison.Ordinal))
            .Select(static line => line.Split('|'));
}
