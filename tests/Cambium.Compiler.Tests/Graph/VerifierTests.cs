using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Tests.Graph;

public class VerifierTests
{
    // A valid module. Each case below breaks one rule.
    private const string Good = """
        module M
        dim Half = "half"
        dim Twice = 2*Half
        option float Epsilon = "eps" default 1
        option bool Flag = "flag" default false
        option int Window = "window" default 0
        option rotary Rope = "" default Half
        weight Table "table" [5, 2*Half]
        weight Vector "block.{i}.vector" [2*Half] when Flag
        weight Slopes "block.{i}.slopes" [2]
        weight Head "head" [5, 2*Half] tied Table when-config "tie"

        func main(%0: i32[T]) -> %5 {
          %1: f32[5, 2*Half] = weight {name=@Table}
          %2: f32[T, 2*Half] = gather(%1, %0)
          %3: f32[T, 2*Half] = loop(%2) {count=3, body=@Body}
          %4: f32[5, 2*Half] = weight {name=@Head}
          %5: f32[T, 5] = linear(%3, %4)
        }

        func Body(%0: f32[T, 2*Half]) -> %8 {
          %1: f32[2*Half] = weight {name=@Vector}
          %2: f32[T, 2*Half] = mul(%0, %1)
          %3: f32[T, 2, Half] = reshape(%2) {trailing=[2, Half]}
          %4: f32[T, 2, Half] = rotate(%3) {rotary=@Rope}
          %5: f32[2] = weight {name=@Slopes}
          %6: f32[T, 2, Half] = attend(%4, %4, %3, %5) {window=Window, scale=@Epsilon, score => (sub score (mul #3[head] query))}
          %7: f32[T, 2*Half] = reshape(%6) {trailing=[2*Half]}
          %8: f32[T, 2*Half] = add(%0, %0)
        }
        """;

    [Fact]
    public void A_valid_module_is_accepted() => Verifier.Verify(GraphParser.Parse(Good));

    [Theory]
    // Order and definition.
    [InlineData("gather(%1, %0)", "gather(%4, %0)", "operand 4 is not defined before it is read")]
    [InlineData("-> %5 {", "-> %9 {", "result 9 is never defined")]
    // Ops, arity, results.
    [InlineData("= mul(", "= multiply(", "'multiply' is not an op")]
    [InlineData("add(%0, %0)", "add(%0)", "add takes 2 operands, not 1")]
    [InlineData("add(%0, %0)", "add(%0, %0, %0)", "add takes 2 operands, not 3")]
    [InlineData("linear(%3, %4)", "linear(%3)", "linear takes 2 to 3 operands, not 1")]
    [InlineData("%8: f32[T, 2*Half] = add", "%8: f32[T, 2*Half], %9: f32[T, 2*Half] = add", "add has 1 result, not 2")]
    // Types.
    [InlineData("%5: f32[T, 5] = linear", "%5: f32[T, 6] = linear", "the result is f32[T, 5] by the rule of linear, not f32[T, 6]")]
    [InlineData("%1: f32[5, 2*Half] = weight", "%1: f32[2*Half, 5] = weight", "the result is f32[5, 2*Half] by the rule of weight")]
    [InlineData("linear(%3, %4)", "linear(%4, %3)", "Linear expects a weight [out, in]")]
    [InlineData("linear(%3, %4)", "linear(%0, %4)", "operand 0 of linear must be floats, not ids")]
    [InlineData("%7: f32[T, 2*Half]", "%7: f32[T, T]", "'T', which may only be a first size by itself")]
    [InlineData("%2: f32[T, 2*Half] = gather", "%2: f32[T, Breadth] = gather", "'Breadth' in the size 'Breadth' is neither a dim nor an int option")]
    // Attributes.
    [InlineData("{count=3, body=@Body}", "{count=3, body=@Missing}", "'Missing' is not a function")]
    [InlineData("{count=3, body=@Body}", "{count=Layers, body=@Body}", "'Layers' in the size 'Layers'")]
    [InlineData("{count=3, body=@Body}", "{body=@Body}", "loop needs the attribute 'count'")]
    [InlineData("{count=3, body=@Body}", "{count=3, count=3, body=@Body}", "the attribute 'count' occurs twice")]
    [InlineData("{count=3, body=@Body}", "{count=3.0, body=@Body}", "'count': expected a size, found 3.0")]
    [InlineData("add(%0, %0)", "add(%0, %0) {count=3}", "add has no attribute 'count'")]
    [InlineData("{name=@Slopes}", "{name=@Slope}", "'Slope' is not a weight")]
    [InlineData("{rotary=@Rope}", "{rotary=@Epsilon}", "'Epsilon' is not a rotary option")]
    [InlineData("{rotary=@Rope}", "", "rotate needs the attribute 'rotary'")]
    [InlineData("scale=@Epsilon", "scale=@Flag", "'Flag' is not a float option")]
    // Scores.
    [InlineData("(mul #3[head] query)", "(mul #3[head] value)", "'value' is not an input of a score")]
    [InlineData("(mul #3[head] query)", "(mul #2[head] query)", "#2 is not a further operand of this node")]
    [InlineData("(mul #3[head] query)", "(mul #4[head] query)", "#4 is not a further operand of this node")]
    [InlineData("(mul #3[head] query)", "(mul query)", "mul takes 2 arguments, not 1")]
    [InlineData("(mul #3[head] query)", "(linear #3[head] query)", "cannot be computed in a score")]
    [InlineData("(mul #3[head] query)", "(mul #3[head] @Flag)", "'Flag' is not a float option")]
    [InlineData("(mul #3[head] query)", "(mul #3[head] @{Depth})", "'Depth' in the size 'Depth'")]
    [InlineData("attend(%4, %4, %3, %5)", "attend(%4, %4, %3, %3)", "a score looks up elements of parameters, but operand 3 is")]
    [InlineData("(mul #3[head] query)", "(mul #3[key] value)", "'value' is not an input of a score")]
    [InlineData("(mul #3[head] query)", "(mul #3[(sub key value)] query)", "'value' is not an input of a score")]
    [InlineData("(mul #3[head] query)", "(mul #3[key, head] query)",
        "in a score 2 indices name an element of a parameter of as many axes, but operand 3 is")]
    [InlineData("scale=@Epsilon", "sinks => #3[key]", "'sinks': expected one number per head, found #3[key]")]
    // Loops and functions.
    [InlineData("func Body(%0: f32[T, 2*Half])", "func Body(%0: f32[T, 2*Half], %9: f32[])", "'Body' takes 2 operands, not 1")]
    [InlineData("-> %8 {", "-> %8, %2 {", "'Body' returns 2 values, not 1")]
    [InlineData("-> %8 {", "-> %6 {", "but result 0 of 'Body' is f32[T, 2, Half]")]
    [InlineData("loop(%2)", "loop(%1)", "operand 0 is f32[5, 2*Half] but parameter 0 of 'Body' is f32[T, 2*Half]")]
    [InlineData("body=@Body", "body=@main", "an entry cannot be a loop's body")]
    [InlineData("= add(%0, %0)", "= loop(%0) {count=2, body=@Body}", "'Body' runs itself through main, Body")]
    [InlineData("name=@Table", "name=@Vector", "'block.{i}.vector' has an index and can only be read in a loop's body")]
    [InlineData("main(%0: i32[T])", "main(%0: i32[T], %9: i32[S])", "the entry takes ids i32[T] and rows f32[T, ..], not i32[S]")]
    [InlineData("-> %5 {", "{", "the entry must return a value")]
    [InlineData("func Body(", "func main(", "two declarations of the function 'main'")]
    // Declarations.
    [InlineData("dim Twice = 2*Half", "dim Twice", "a dim needs a config path or a value")]
    [InlineData("dim Twice = 2*Half", "dim Twice = 2*Later\ndim Later = 1",
        "'Later' in the size '2*Later' is neither a dim nor an int option declared before it")]
    [InlineData("dim Twice = 2*Half", "dim Half = 2", "two declarations of the dim or option 'Half'")]
    [InlineData("dim Twice = 2*Half", "dim T = 2", "two declarations of the dim or option 'T'")]
    [InlineData("\"\" default Half", "\"\"", "a rotary option needs its head size as default")]
    [InlineData("when Flag", "when Epsilon", "'Epsilon' is not a bool option")]
    [InlineData("tied Table", "tied Head", "'Head' is not another weight")]
    [InlineData("tied Table", "", "'tie' decides a tie, but the weight is not tied")]
    [InlineData("\"block.{i}.slopes\" [2]", "\"block.{i}.slopes\" [T]", "'T', which may only be a first size by itself")]
    [InlineData("func main", "entry main = Forward(a, b) rows All\nfunc main", "names 2 inputs for 1 parameters")]
    [InlineData("func main", "entry main = Forward(a) rows Middle\nfunc main", "All, First or Last, not Middle")]
    [InlineData("func main", "entry main = Forward(a) -> (logits, hidden) rows All\nfunc main",
        "the entry 'Forward' names 2 results for 1 returned values")]
    [InlineData("func main(%0: i32[T]) -> %5", "entry main = Forward(a) -> (hidden, hidden) rows All\nfunc main(%0: i32[T]) -> %5, %3",
        "two declarations of the result of 'Forward' 'hidden'")]
    [InlineData("func main(%0: i32[T]) -> %5", "entry main = Forward(a) -> (hidden, logits) rows All\nfunc main(%0: i32[T]) -> %3, %5",
        "the result 'logits' of the entry 'Forward' must come first")]
    [InlineData("func main", "entry nothing = Forward(a) rows All\nfunc main", "which is not a function")]
    [InlineData("func main", "entry Body = Forward(a) rows All\nfunc main", "an entry cannot be a loop's body")]
    [InlineData("weight Slopes", "weight Table \"x\" [1]\nweight Slopes", "two declarations of the weight 'Table'")]
    public void A_broken_rule_is_named(string good, string bad, string message)
    {
        string text = Good.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(Good, text);
        var error = Assert.Throws<InvalidGraphException>(() => Verifier.Verify(GraphParser.Parse(text)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_names_the_function_and_quotes_the_node()
    {
        string text = Good.Replace("= mul(", "= multiply(", StringComparison.Ordinal);
        var error = Assert.Throws<InvalidGraphException>(() => Verifier.Verify(GraphParser.Parse(text)));
        Assert.Equal("in 'Body', `%2: f32[T, 2*Half] = multiply(%0, %1)`: 'multiply' is not an op", error.Message);
    }

    [Fact]
    public void A_value_has_one_definition_and_one_type()
    {
        var tokens = new TensorType(DType.I32, EquatableArray.Of(Size.Rows));
        Node scalar = new("scalar", [], [0], [new("value", new NumberValue(1))], Origin.None);
        var twice = new Function("main", [0], [scalar], [0], new Dictionary<int, TensorType> { [0] = tokens });
        Assert.Contains("result 0 is defined twice", Fails(twice), StringComparison.Ordinal);
        var untyped = new Function("main", [], [scalar], [0], new Dictionary<int, TensorType>());
        Assert.Contains("`%0: ? = scalar {value=1.0}`: result 0 has no type", Fails(untyped), StringComparison.Ordinal);

        static string Fails(Function function) =>
            Assert.Throws<InvalidGraphException>(() => Verifier.Verify(new Module("M", [], [], [], [function]))).Message;
    }
}
