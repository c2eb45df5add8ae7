using Cambium.Compiler.Lowering;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Cambium.Tests.Specs;

namespace Cambium.Compiler.Tests.Lowering;

/// <summary>Each error is reported with its code, at its expression, with the author's names.</summary>
public class DiagnosticTests
{
    private int _at;

    [Fact]
    public void CMB101_shapes_do_not_match() => Reports(
        "CMB101",
        "Linear expects [.., Inner] but `x` is f32[T, Hidden]",
        f => f.Set("x", X(f)).Return(At(f.Op("Linear", f["x"], f["Down"]))));

    [Fact]
    public void CMB101_a_loop_changes_a_shape()
    {
        var block = new SpecBuilder("Part").Function("Forward", [("x", ParameterKind.Tensor)], static f => f.Return(f.Op("Sum", f["x"])));
        var model = Start().Child("Parts", "parts.{i}", block, "2").Forward(static f => f
            .Set("x", X(f))
            .ForEach("part", "Parts", static loop => loop.Set("x", loop.Call("part", "Forward", loop["x"])))
            .Return(f["x"]));
        Reports("CMB101", "'x' must have the same shape after each round of the loop as before: f32[T, Hidden]", model, null, block);
    }

    [Fact]
    public void CMB101_a_tie_to_another_shape()
    {
        var model = Start().Weight("Head", "head", "Hidden, 5", tiedTo: "Table").Forward(static f => f.Return(f.Op("Linear", X(f), f["Head"])));
        Reports("CMB101", "'Head' is [Hidden, 5] but is tied to 'Table', which is [5, Hidden]", model, model.IdOf("Head"));
    }

    [Fact]
    public void CMB102_a_local_without_a_value() => Reports("CMB102", "'y' has no value here", f => f.Return(f.Op("Exp", At(f.Local("y")))));

    [Fact]
    public void CMB102_an_unknown_member() => Reports(
        "CMB102",
        "'Missing' is not a dim, option, weight or block of 'M'",
        f => f.Return(f.Op("Exp", At(f["Missing"]))));

    [Fact]
    public void CMB102_a_tie_to_an_unknown_weight()
    {
        var model = Start().Weight("Head", "head", "5, Hidden", tiedTo: "Table2").Forward(static f => f.Return(f.Op("Linear", X(f), f["Head"])));
        Reports("CMB102", "'Head' is tied to 'Table2', which is not a weight of 'M'", model, model.IdOf("Head"));
    }

    [Fact]
    public void CMB102_a_condition_that_is_not_a_bool_option()
    {
        var model = Start().Weight("Bias", "bias", "5", when: "Epsilon").Forward(static f => f.Return(f.Op("Linear", X(f), f["Table"], f["Bias"])));
        Reports("CMB102", "'Epsilon' is not a bool option of 'M'", model, model.IdOf("Bias"));
    }

    [Fact]
    public void CMB103_a_shape_with_an_unknown_dim()
    {
        var model = Start().Weight("Gate", "gate", "Hidden, Innner").Forward(static f => f.Return(f.Op("Linear", X(f), f["Gate"])));
        Reports("CMB103", "'Innner' is not a dim of this class", model, model.IdOf("Gate"));
    }

    [Fact]
    public void CMB103_a_default_that_refers_to_itself()
    {
        var model = Start().Dim("A", "a", "B + 1").Dim("B", "b", "A + 1").Forward(static f => f.Return(X(f)));
        Reports("CMB103", "the default of 'A' refers to itself", model, model.IdOf("A"), atLeast: true);
    }

    [Fact]
    public void CMB104_a_missing_argument() => Reports("CMB104", "Linear needs 'weight'", f => f.Return(At(f.Op("Linear", X(f)))));

    [Fact]
    public void CMB104_a_bool_as_a_tensor() => Reports(
        "CMB104",
        "'x' takes a tensor, but `Flag` is not a tensor",
        f => f.Return(f.Op("Exp", At(f["Flag"]))));

    [Fact]
    public void CMB104_an_option_of_the_wrong_kind() => Reports(
        "CMB104",
        "'rotary' does not take `Epsilon`",
        f => f.Return(f.Op("Rotate", f.Reshape(X(f), f.Int(1), f["Hidden"]), At(f["Epsilon"]))));

    [Fact]
    public void CMB104_too_few_values_to_deconstruct() => Reports(
        "CMB104",
        "2 values are expected here",
        f =>
        {
            f.SetAll(["a", "b"], X(f));
            _at = f.Statements[^1].Id;
            f.Return(X(f));
        });

    [Fact]
    public void CMB104_a_call_with_too_few_arguments()
    {
        var model = Start()
            .Function("Twice", [("x", ParameterKind.Tensor), ("y", ParameterKind.Tensor)], static f => f.Return(f.Op("Add", f["x"], f["y"])))
            .Forward(f => f.Return(At(f.Call(null, "Twice", X(f)))));
        Reports("CMB104", "'Twice' takes 2 arguments", model, _at);
    }

    [Fact]
    public void CMB105_an_unknown_operation() => Reports(
        "CMB105",
        "this version has no operation 'Convolve'",
        f => f.Return(At(f.Op("Convolve", X(f)))));

    [Fact]
    public void CMB106_a_loop_over_a_weight() => Reports(
        "CMB106",
        "'Table' is not a stack of blocks",
        f =>
        {
            f.Set("x", X(f)).ForEach("block", "Table", static loop => loop.Set("x", loop["x"]));
            _at = f.Statements[^1].Id;
            f.Return(X(f));
        });

    [Fact]
    public void CMB107_a_result_that_is_not_a_tensor()
    {
        var model = Start().Forward(static f => f.Return(f["Hidden"]));
        Reports("CMB107", "'Forward' must return a tensor", model, model.IdOf("Forward"));
    }

    [Fact]
    public void CMB107_a_result_that_is_not_a_row_per_token()
    {
        var model = Start().Forward(static f => f.Return(f["Table"]));
        Reports("CMB107", "'Forward' must return rows [T, n] but returns f32[5, Hidden]", model, model.IdOf("Forward"));
    }

    [Fact]
    public void CMB108_a_function_that_calls_itself()
    {
        var model = Start()
            .Function("Again", [("x", ParameterKind.Tensor)], static f => f.Return(f.Call(null, "Again", f["x"])))
            .Forward(static f => f.Return(f.Call(null, "Again", X(f))));
        Reports("CMB108", "'Again' calls itself; a model's functions cannot be recursive", model, model.IdOf("Again"));
    }

    [Fact]
    public void CMB109_methods_that_call_each_other_twice()
    {
        var model = Start().Function("F0", [("x", ParameterKind.Tensor)], static f => f.Return(f.Op("Silu", f["x"])));
        for (var i = 1; i <= 16; i++)
        {
            var before = $"F{i - 1}";
            model.Function($"F{i}", [("x", ParameterKind.Tensor)], f => f.Return(f.Call(null, before, f.Call(null, before, f["x"]))));
        }

        model.Forward(static f => f.Return(f.Call(null, "F16", X(f))));
        var (_, diagnostics) = ModelLowering.Lower(model.Build());
        var found = Assert.Single(diagnostics);
        Assert.Equal(("CMB109", model.IdOf("Forward")), (found.Code, found.Id));
        Assert.StartsWith(
            "'Forward' has 65,537 operations after its calls are inlined, and a model can have 6,000.", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CMB101_one_index_for_two_axes() => Reports(
        "CMB101",
        "in a score one index names an element of a parameter of as many axes, but `Table` is f32[5, Hidden]",
        f =>
        {
            var x = f.Reshape(X(f), f.Int(1), f["Hidden"]);
            var score = f.Score((s, at) => f.Op("Add", s, f.Op("Gather", f["Table"], at("Key"))));
            f.Return(f.Reshape(At(f.Op("Attend", x, x, x, null, null, score)), f["Hidden"]));
        });

    [Fact]
    public void CMB101_sinks_for_another_number_of_heads() => Reports(
        "CMB101",
        "Attend has 1 heads, but `Norm` is f32[Hidden], which is indexed by the head",
        f =>
        {
            var x = f.Reshape(X(f), f.Int(1), f["Hidden"]);
            f.Return(f.Reshape(At(f.Op("Attend", x, x, x, null, null, null, null, f["Norm"])), f["Hidden"]));
        });

    [Fact]
    public void CMB108_a_score_with_a_reduction() => Reports(
        "CMB108",
        "`Mean(..)` cannot be used in a score",
        f =>
        {
            var x = f.Reshape(X(f), f.Int(1), f["Hidden"]);
            var score = f.Score((s, at) => At(f.Op("Mean", f.Op("Add", s, at("Key")))));
            f.Return(f.Reshape(f.Op("Attend", x, x, x, null, null, score), f["Hidden"]));
        });

    [Fact]
    public void Every_code_of_the_catalog_has_a_test()
    {
        var names = typeof(DiagnosticTests).GetMethods().Select(static method => method.Name).ToList();
        Assert.All(DiagnosticCodes.All, rule => Assert.Contains(names, name => name.StartsWith($"{rule.Code}_", StringComparison.Ordinal)));
    }

    [Fact]
    public void Lowering_continues_after_an_error_and_reports_each_error_once()
    {
        var model = Start().Forward(static f => f
            .Set("a", f.Op("Convolve", X(f)))
            .Set("b", f.Op("Exp", f["a"]))
            .Set("c", f.Op("Linear", X(f), f["Down"]))
            .Return(f.Op("Add", f["b"], f["c"])));
        var (module, diagnostics) = ModelLowering.Lower(model.Build());
        Assert.Null(module);
        Assert.Equal(["CMB105", "CMB101"], diagnostics.Select(static diagnostic => diagnostic.Code));
    }

    private static SpecBuilder Start() => new SpecBuilder("M")
        .Dim("Hidden", "hidden_size")
        .Dim("Inner", "intermediate_size")
        .Option("Epsilon", OptionKind.Float, "eps", "1")
        .Option("Flag", OptionKind.Bool, "flag", "false")
        .Weight("Table", "table", "5, Hidden")
        .Weight("Norm", "norm", "Hidden")
        .Weight("Down", "down", "Hidden, Inner");

    private static Expression X(BodyBuilder f) => f.Op("Gather", f["Table"], f["tokens"]);

    private Expression At(Expression expression)
    {
        _at = expression.Id;
        return expression;
    }

    private void Reports(string code, string message, Action<BodyBuilder> forward)
    {
        var model = Start().Forward(forward);
        Reports(code, message, model, _at);
    }

    private static void Reports(string code, string message, SpecBuilder model, int? id, SpecBuilder? block = null, bool atLeast = false)
    {
        var (module, diagnostics) = ModelLowering.Lower(block is null ? model.Build() : model.Build(block));
        Assert.Null(module);
        var first = atLeast ? diagnostics.First(diagnostic => diagnostic.Message == message) : Assert.Single(diagnostics);
        Assert.Equal((code, message, model.TypeName), (first.Code, first.Message, first.TypeName));
        if (id is not null)
            Assert.Equal(id, first.Id);
    }
}
