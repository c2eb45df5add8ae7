using Cambium.Compiler;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Cambium.Tests.Interpretation;
using Cambium.Tests.Kernels;
using Cambium.Tests.Specs;
using Xunit;

namespace Cambium.Tests.Plan;

/// <summary>What is checked of the sizes and numbers that a program computes from the settings of a checkpoint.</summary>
public sealed class ValueCheckTests
{
    [Theory]
    [MemberData(nameof(SampleSpecs.Names), MemberType = typeof(SampleSpecs))]
    public void Every_printed_product_of_dims_is_checked(string model)
    {
        var spec = SampleSpecs.Get(model);
        PrintedSizes.AreChecked(Compiled.ProgramPlan(spec).Load, ModelCompiler.Compile(spec).Files[0].Text);
    }

    [Fact]
    public void A_product_of_dims_is_checked()
    {
        var load = Load(static f => f.Reshape(X(f), f["Width"]), static model => model.Weight("Up", "up", "Heads * Size, Width"));

        Assert.Empty(load.Sizes);
        load = Load(static f => f.Op("Linear", X(f), f["Up"]), static model => model.Weight("Up", "up", "Heads * Size, Width"));
        Assert.Equal("Heads*Size", Assert.Single(load.Sizes).Value.ToString());
    }

    [Fact]
    public void A_difference_of_dims_must_be_positive()
    {
        var load = Load(static f => f.Op("Linear", X(f), f["Up"]), static model => model.Weight("Up", "up", "Heads - Size, Width"));

        Assert.True(Assert.Single(load.Sizes).IsExtent);
    }

    [Fact]
    public void An_integer_option_in_a_size_must_be_positive()
    {
        var load = Load(static f => f.Op("Linear", X(f), f["Up"]), static model => model.Weight("Up", "up", "Extra, Width"));

        Assert.True(Assert.Single(load.Sizes) is { IsExtent: true, Value: var size } && size == Size.Symbol("Extra"));
    }

    [Fact]
    public void A_divisor_must_not_be_0()
    {
        // The quotient is a number of the graph.
        var load = Load(static f => f.Op("Multiply", X(f), f.Op("Divide", f["Width"], f.Op("Divide", f["Size"], f.Int(4)))), static model => model);

        Assert.Contains(load.Sizes, static check => check.Value.ToString() == "(Width / (Size / 4))");
    }

    [Fact]
    public void A_number_that_is_computed_must_be_finite()
    {
        var load = Load(static f => f.Op("Divide", X(f), f.Op("Log", f["Size"])), static model => model);

        Assert.True(Assert.Single(load.Numbers) is { IsDivisor: true, Layers: null });
    }

    [Fact]
    public void A_division_in_a_shape_is_checked_only_where_the_shapes_depend_on_it()
    {
        var truncated = Load(static f => f.Op("Linear", X(f), f["Up"]), static model => model.Weight("Up", "up", "10 * (Size / 2), Width"));
        var exact = Load(static f => f.Reshape(f.Reshape(X(f), f["Heads"], f.Op("Divide", f["Width"], f["Heads"])), f["Width"]),
            static model => model);

        Assert.Empty(truncated.Divisions);
        Assert.Equal("Width / Heads", Assert.Single(exact.Divisions) is var (left, right) ? $"{left} / {right}" : "");
    }

    [Fact]
    public void A_factor_that_kernels_cannot_hold_is_an_error_of_the_class()
    {
        var result =
            ModelCompiler.Compile(Spec(static f => f.Op("Linear", X(f), f["Up"]), static model => model.Weight("Up", "up", "5000000000, Width")));

        Assert.Contains("the size 5000000000 has a factor above 1073741824", Assert.Single(result.Diagnostics).Message, StringComparison.Ordinal);
        result = ModelCompiler.Compile(Spec(
            static f => f.Op("Linear", X(f), f["Up"]), static model => model.Weight("Up", "up", "4000000000 * 4000000000 * 4000000000, Width")));
        Assert.Contains("does not fit into 64 bits", Assert.Single(result.Diagnostics).Message, StringComparison.Ordinal);
    }

    private static Expression X(BodyBuilder f) => f.Op("Gather", f["Table"], f["tokens"]);

    private static LoadPlan Load(Func<BodyBuilder, Expression> result, Func<SpecBuilder, SpecBuilder> declare) =>
        Compiled.ProgramPlan(Spec(result, declare)).Load;

    private static ModelSpec Spec(Func<BodyBuilder, Expression> result, Func<SpecBuilder, SpecBuilder> declare) => declare(new SpecBuilder("Sizes")
            .Dim("Width", "width").Dim("Vocab", "vocab").Dim("Heads", "heads").Dim("Size", "size").Option("Extra", OptionKind.Int, "extra", "3")
            .Weight("Table", "table", "Vocab, Width"))
        .Forward(f => f.Return(result(f)))
        .Build();
}
