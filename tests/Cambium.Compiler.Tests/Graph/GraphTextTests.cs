using Cambium.Compiler;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;
using Cambium.Tests.Specs;

namespace Cambium.Compiler.Tests.Graph;

public class GraphTextTests
{
    [Fact]
    public void A_module_with_every_declaration_reads_back_to_the_same_text()
    {
        const string score = "(sub score (mul (mul #3[head] @Epsilon) (add -1.5 (div (sub query key) @{Heads + 1}))))";
        const string text = $$"""
            module Everything
            dim Hidden = "hidden_size"
            dim Heads = "num_attention_heads|heads" default 4
            dim HeadDim = "head_dim" default (Hidden / Heads)
            dim Inner = 4*Hidden + 1
            option float Epsilon = "rms_norm_eps" default 1e-06
            option int Window = "sliding_window" default 0
            option bool Bias = "attention_bias" default false
            option text Kind = "kind" default "two words, \"quoted\" \\ \u0009"
            option rotary Rope = "" default "(Hidden / Heads)"
            weight Embedding "embed.weight" [7, Hidden]
            weight Slopes "slopes" [Heads] when Bias
            weight Head "head.weight" [7, Hidden] tied Embedding when-config "tie_word_embeddings"

            func main(%0: i32[T]) -> %3 {
              %1: f32[7, Hidden] = weight {name=@Embedding}
              %2: f32[T, Hidden] = gather(%1, %0)
              %3: f32[T, Hidden] = loop(%2) {count=2*Heads - 1, body=@Blocks}
            }

            func Blocks(%0: f32[T, Hidden]) -> %7 {
              %1: f32[T, Heads, (Hidden / Heads)] = reshape(%0) {trailing=[Heads, (Hidden / Heads)]}
              %2: f32[T, Heads, (Hidden / Heads)] = rotate(%1) {rotary=@Rope, interleaved=true}
              %3: f32[Heads] = weight {name=@Slopes}
              %4: f32[T, Heads, (Hidden / Heads)] = attend(%2, %2, %1, %3) {window=Window, scale=0.125, score => {{score}}}
              %5: f32[T, Hidden] = reshape(%4) {trailing=[Hidden]}
              %6: f32[] = scalar {value=1E-300}
              %7: f32[T, Hidden] = mul(%5, %6)
            }

            """;
        var module = GraphParser.Parse(text);
        Assert.Equal(text, ModuleText.Print(module));

        // Equal texts do not prove that the parser read the parts, so some are checked.
        Assert.Equal(new DimInfo("Heads", "num_attention_heads|heads", Size.Constant(4)), module.Dims[1]);
        Assert.Equal("two words, \"quoted\" \\ \t", module.Options[3].Default);
        Assert.Equal(new WeightInfo("Slopes", "slopes", EquatableArray.Of(Size.Symbol("Heads")), "Bias", null, null), module.Weights[1]);
        Assert.Equal(1e-300, ((NumberValue)module["Blocks"].Nodes[5]["value"]!).Value);
    }

    [Fact]
    public void Names_of_several_results_read_back()
    {
        const string text = """
            module Pair
            entry main = Forward(tokens) -> (logits, hidden) rows Last

            func main(%0: i32[T]) -> %1, %2 {
              %1: f32[T, 1] = cast(%0)
              %2: f32[T, 1] = exp(%1)
            }

            """;
        var module = GraphParser.Parse(text);
        Verifier.Verify(module);
        Assert.Equal(text, ModuleText.Print(module));
        Assert.Equal(["logits", "hidden"], module.Entries[0].Results);
        Assert.Equal(["logits", "result1"], EntryInfo.Of(module.Main).Results);
    }

    public static TheoryData<string> Ops => [.. OpCatalog.All.Where(static op => op.Kind != OpKind.Host).Select(static op => op.Name)];

    [Theory]
    [MemberData(nameof(Ops))]
    public void Every_op_is_valid_and_reads_back_from_its_text(string op)
    {
        var module = ModuleOf(op);
        Assert.Contains(module.Functions.SelectMany(static function => function.Nodes), node => node.Op == op);
        Verifier.Verify(module);
        string text = ModuleText.Print(module);
        Assert.Equal(text, ModuleText.Print(GraphParser.Parse(text)));
        Verifier.Verify(GraphParser.Parse(text));
    }

    public static TheoryData<string> Numbers =>
        ["0", "-0", "3", "0.1", "-1e-300", "1e16", "1.7976931348623157E+308", "5E-324", "NaN", "Infinity", "-Infinity"];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Numbers_keep_every_bit_and_never_become_sizes(string number)
    {
        double value = double.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
        var builder = new FunctionBuilder("main");
        builder.Parameter(new TensorType(DType.I32, EquatableArray.Of(Size.Rows)));
        int result = builder.Scalar(new NumberValue(value));
        var read = GraphParser.Parse(ModuleText.Print(new Module("M", [], [], [], [builder.Build([result])])));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(((NumberValue)read.Main.Nodes[0]["value"]!).Value));
    }

    [Fact]
    public void Equal_graphs_have_equal_texts_for_any_value_ids()
    {
        const string text = "module M\nfunc main(%0: i32[T]) -> %2 {\n %1: f32[] = scalar {value=2}\n %2: f32[] = exp(%1)\n}";
        string renumbered = text.Replace("%2", "%17", StringComparison.Ordinal)
            .Replace("%1:", "%5:", StringComparison.Ordinal)
            .Replace("(%1)", "(%5)", StringComparison.Ordinal);
        Assert.NotEqual(text, renumbered);
        Assert.Equal(ModuleText.Print(GraphParser.Parse(text)), ModuleText.Print(GraphParser.Parse(renumbered)));
    }

    [Fact]
    public void Comments_and_spaces_are_ignored()
    {
        var module = GraphParser.Parse("// first\n\n  module  M // m\ndim A =  B // b\n\nfunc main( ) { // nothing\n}");
        Assert.Equal("module M\ndim A = B\n\nfunc main() {\n}\n", ModuleText.Print(module));
    }

    [Theory]
    [InlineData("graph M", 1, 1, "'graph'", "'module'")]
    [InlineData("module M\nweights", 2, 1, "'weights'", "'dim', 'option', 'weight', 'entry' or 'func'")]
    [InlineData("module M\noption number A = \"a\"", 2, 8, "'number'", "'int', 'float', 'bool', 'text', 'rotary'")]
    [InlineData("module M\nfunc main(%0: f16[T]) {\n}", 2, 15, "'f16'", "a type such as f32[T, 4]")]
    [InlineData("module M\nfunc main(%0: f32[T, *]) {\n}", 2, 22, "'*'", "a size")]
    [InlineData("module M\nfunc main(%0: i32[T]) {\n  %0: f32[] = scalar {value=1}\n}", 3, 3, "'%0'", "a value that is not defined yet")]
    [InlineData("module M\nfunc main(%0: i32[T]) {\n  %1: f32[] scalar\n}", 3, 13, "'scalar'", "'='")]
    [InlineData("module M\nfunc main(%x: i32[T]) {\n}", 2, 11, "'%x'", "a value such as %3")]
    [InlineData("module M\nweight A \"a", 2, 10, "'\"'", "a closing quote on the same line")]
    [InlineData("module M\nfunc main() {", 2, 14, "the end of the text", "an op")]
    public void An_error_names_the_position_and_the_found_and_expected_text(string text, int line, int column, string found, string expected)
    {
        var error = Assert.Throws<GraphFormatException>(() => GraphParser.Parse(text));
        Assert.StartsWith($"line {line}, column {column}: found {found}, expected {expected}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_valid_and_reads_back_from_its_text_after_every_pass()
    {
        var (module, diagnostics) = ModelLowering.Lower(TinyLlama.Spec);
        Assert.Empty(diagnostics);
        var seen = new List<string>();
        Check(module!);
        PassPipeline.Run(module!, (pass, after) =>
        {
            seen.Add(pass.Name);
            Check(after);
        });
        Assert.Equal(PassPipeline.Passes.Select(static pass => pass.Name), seen);

        static void Check(Module module)
        {
            Verifier.Verify(module);
            string text = ModuleText.Print(module);
            Assert.Equal(text, ModuleText.Print(GraphParser.Parse(text)));
        }
    }

    /// <summary>The smallest module that uses an op.</summary>
    internal static Module ModuleOf(string op)
    {
        var width = Size.Constant(2) * Size.Symbol("Half");
        var rows = TensorType.F32(Size.Rows, width);
        var builder = new FunctionBuilder("main");
        int tokens = builder.Parameter(new TensorType(DType.I32, EquatableArray.Of(Size.Rows)));
        int Weight(string name, params Size[] shape) => builder.Add("weight", [], TensorType.F32(shape), [new("name", new SymbolValue(name))]);
        int X() => builder.Add("gather", [Weight("Table", Size.Constant(5), width), tokens]);
        var heads = new ShapeValue(EquatableArray.Of(Size.Constant(2), width / Size.Constant(2)));
        int Split(int x) => builder.Add("reshape", [x], [new("trailing", heads)]);
        int Epsilon() => builder.Scalar(new SymbolValue("Epsilon"));
        var condition = new ScoreValue(
            new ScalarExpression.Apply("less", new ScalarExpression.Extent(Size.Symbol("Half")), new ScalarExpression.Constant(3)));
        var functions = new List<Function>();

        int result;
        switch (op)
        {
            case "weight" or "gather":
                result = X();
                break;
            case "scalar":
                var product = builder.Add("mul", [builder.Scalar(new SizeValue(width)), builder.Scalar(new NumberValue(2))]);
                result = builder.Add("add", [product, Epsilon()]);
                break;
            case "rotate":
                result = builder.Add(op, [Split(X())], [new("rotary", new SymbolValue("Rope"))]);
                break;
            case "choose":
                result = builder.Add(op, [builder.Scalar(condition), X(), builder.Add("exp", [X()])]);
                break;
            case "slice":
                result = builder.Add(
                    op,
                    [builder.Add("exp", [X()])],
                    [new("begin", new SizeValue(Size.One)), new("count", new SizeValue(Size.Symbol("Half")))]);
                break;
            case "split":
                var half = new SizeValue(Size.Symbol("Half"));
                var parts = builder.AddAll(op, [builder.Add("exp", [X()])], [new("first", half), new("second", half)]);
                result = builder.Add("sub", [builder.Add("square", [parts[0]]), parts[1]]);
                break;
            case "concat":
                result = builder.Add(op, [builder.Add("exp", [X()]), X()]);
                break;
            case "range":
                result = builder.Add("mul", [X(), builder.Add(op, [], [new("count", new SizeValue(width))])]);
                break;
            case "cast":
                result = builder.Add("mul", [X(), builder.Add(op, [tokens])]);
                break;
            case "matmul":
                result = builder.Add(op, [Split(X()), builder.Add("transpose", [Split(X())])]);
                break;
            case "repeat":
                result = builder.Add(op, [Split(X())], [new("times", new SizeValue(Size.Constant(3)))]);
                break;
            case "transpose":
                result = builder.Add(op, [Split(X())]);
                break;
            case "expand":
                var trailing = new ShapeValue(EquatableArray.Of(Size.Constant(2), Size.Constant(5)));
                result = builder.Add(op, [builder.Add("sum", [Split(X())])], [new("trailing", trailing)]);
                break;
            case "positions":
                result = builder.Add("gather", [Weight("Table", Size.Constant(5), width), builder.Add(op, [tokens])]);
                break;
            case "shift":
                var shifted = builder.Add(op, [tokens], [new("by", new SizeValue(Size.Constant(0)))]);
                result = builder.Add("gather", [Weight("Table", Size.Constant(5), width), shifted]);
                break;
            case "reshape":
                result = Split(X());
                break;
            case "linear":
                result = builder.Add(op, [X(), Weight("Square", width, width), Weight("Vector", width)]);
                break;
            case "attend":
                int split = Split(X());
                var slope = new ScalarExpression.Lookup(3, EquatableArray.Of<ScalarExpression>(new ScalarExpression.Input("head")));
                var score = new ScoreValue(new ScalarExpression.Apply("sub", new ScalarExpression.Input("score"), slope));
                result = builder.Add(op, [split, split, split, Weight("Slopes", Size.Constant(2))], [new("score", score)]);
                break;
            case "rms_norm":
                result = builder.Add(op, [X(), Weight("Vector", width), Epsilon()]);
                break;
            case "layer_norm":
                int vector = Weight("Vector", width);
                result = builder.Add(op, [X(), vector, vector, Epsilon()]);
                break;
            case "tap":
                result = builder.Add("exp", [X()]);
                builder.AddAll(op, [result], [new("name", new SymbolValue("hidden"))]);
                break;
            case "branch":
                var (then, otherwise) = (new FunctionBuilder("Then"), new FunctionBuilder("Else"));
                functions.Add(then.Build([then.Add("exp", [then.Parameter(rows)])]));
                functions.Add(otherwise.Build([otherwise.Parameter(rows)]));
                IReadOnlyList<NodeAttribute> sides =
                    [new("condition", condition), new("then", new SymbolValue("Then")), new("else", new SymbolValue("Else"))];
                result = builder.Add(op, [X()], [rows], sides, null)[0];
                break;
            case "loop":
                var body = new FunctionBuilder("Body");
                int carried = body.Parameter(rows);
                functions.Add(body.Build([body.Add("exp", [carried])]));
                IReadOnlyList<NodeAttribute> rounds = [new("count", new SizeValue(Size.Constant(2))), new("body", new SymbolValue("Body"))];
                result = builder.Add(op, [X()], [rows], rounds, null)[0];
                break;
            default:
                int x = X();
                result = builder.Add(op, [.. Enumerable.Repeat(x, OpCatalog.Get(op).Tensors.Count())]);
                break;
        }

        functions.Insert(0, builder.Build([result]));
        return new Module(
            "M",
            [new DimInfo("Half", "half", null)],
            [new OptionInfo("Epsilon", OptionKind.Float, "eps", "0.5"), new OptionInfo("Rope", OptionKind.Rotary, "", "Half")],
            [
                new WeightInfo("Table", "table", EquatableArray.Of(Size.Constant(5), width), null, null, null),
                new WeightInfo("Square", "square", EquatableArray.Of(width, width), null, null, null),
                new WeightInfo("Vector", "vector", EquatableArray.Of(width), null, null, null),
                new WeightInfo("Slopes", "slopes", EquatableArray.Of(Size.Constant(2)), null, null, null),
            ],
            functions);
    }
}
