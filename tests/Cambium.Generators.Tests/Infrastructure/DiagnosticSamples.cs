using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>Classes with errors, which are marked at the expected positions. All suites use them.</summary>
internal static class DiagnosticSamples
{
    /// <param name="CSharpReportsToo">C# rejects the source, too.</param>
    public sealed record Case(string Name, string Source, bool CSharpReportsToo = false)
    {
        public override string ToString() => Name;
    }

    private const string Plain = "return Linear(Embedding[tokens], Embedding);";

    public static readonly IReadOnlyList<Case> Statements =
    [
        new("a while loop with an error in it", Sample.Model("""
                var x = Embedding[tokens];
                {|CMB010:while|} (Epsilon > 0)
                {
                    x = x + {|CMB013:Math.Cos(1)|};
                }
                return Linear(x, Embedding);
        """)),
        new("a for loop and what follows it", Sample.Model("""
                var x = Embedding[tokens];
                {|CMB010:for|} (var i = 0; i < Layers; i++)
                    x = x + 1;
                return Linear(x, {|CMB014:Later|});
        """, "    private Tensor Later => Norm;")),
        new("a loop over something else", Sample.Model("""
                var x = Embedding[tokens];
                foreach (var i in {|CMB010:new[] { 1, 2 }|})
                    x = x * i;
                return Linear(x, Embedding);
        """)),
        new("a result that is not used", Sample.Model("""
                {|CMB010:Square|}(Embedding[tokens]);
                return Linear(Embedding[tokens], Embedding);
        """)),
        new("an assignment to a field", Sample.Model("""
                {|CMB010:_last|} = Embedding[tokens];
                return Linear({|CMB014:_last|}, Embedding);
        """, "    private Tensor _last = null!;")),
        new("a local function", Sample.Model("""
                return Linear(Twice(Embedding[tokens]), Embedding);
                {|CMB010:Tensor|} Twice(Tensor x) => x + x;
        """)),
    ];

    public static readonly IReadOnlyList<Case> Expressions =
    [
        new("a condition on a tensor",
            Sample.Model("var x = Embedding[tokens]; var y = x + 1; return Linear({|CMB104:x|} == y ? x : y, Embedding);")),
        new("branches of two shapes", Sample.Model("var x = Embedding[tokens]; return Linear({|CMB101:Epsilon > 0 ? x : Mean(x)|}, Embedding);")),
        new("a loop that returns",
            Sample.Model(
                "var x = Embedding[tokens]; foreach (var block in Blocks) { x = block.Forward(x); "
                    + "if (Epsilon > 0) {|CMB108:return Linear(x, Embedding);|} } return Linear(x + 1, Embedding);")),
        new("results of two shapes", Sample.Model("var x = Embedding[tokens]; {|CMB101:if (Epsilon > 0) return x;|} return Linear(x, Embedding);")),
        new("an error in an unrolled loop",
            Sample.Model("var x = Embedding[tokens]; for (var i = 0; i < 3; i++) x = x * {|CMB013:Math.Cos(1)|} + i; return Linear(x, Embedding);")),
        new("a choice of indices", Sample.Model("return Linear(Embedding[{|CMB108:Epsilon > 0 ? tokens : Positions(tokens)|}], Embedding);")),
        new("an index from a list",
            Sample.Model("return Linear(Embedding[tokens] * Order[{|CMB108:Order[0]|}], Embedding);",
                "    [Option(\"order\")] public partial int[] Order { get; }")),
        new("the length of a list",
            Sample.Model("return Linear(Embedding[tokens] * {|CMB014:Order.Length|}, Embedding);",
                "    [Option(\"order\")] public partial int[] Order { get; }")),
        new("an unsupported pattern",
            Sample.Model("var x = Embedding[tokens]; return Linear((Hidden, Heads) switch { {|CMB011:(1, _)|} => x + 1, _ => x }, Embedding);")),
        new("a lambda with statements",
            Sample.Model(
                "var h = Reshape(Embedding[tokens], 1, Hidden); "
                    + "return Linear(Reshape(Attend(h, h, h, score: {|CMB011:(s, at) => { var d = at.Query - at.Key; return s - d; }|}), Hidden), "
                    + "Embedding);")),
        new("one index for a table of two axes",
            Sample.Model(
                "var h = Reshape(Embedding[tokens], 1, Hidden); "
                    + "return Linear(Reshape({|CMB101:Attend(h, h, h, score: (s, at) => s + Embedding[at.Key])|}, Hidden), Embedding);")),
        new("a sink for each of too many heads",
            Sample.Model(
                "var h = Reshape(Embedding[tokens], 1, Hidden); "
                    + "return Linear(Reshape({|CMB101:Attend(h, h, h, sinks: Norm)|}, Hidden), Embedding);")),
        new("KV heads that do not divide the query heads",
            Sample.Model(
                "var h = Reshape(Embedding[tokens], 1, Hidden); var k = Repeat(h, 2); "
                    + "return Linear(Reshape({|CMB101:Attend(Repeat(h, 3), k, k)|}, 3 * Hidden), Embedding);")),
        new("a slice past the end",
            Sample.Model(
                "var x = Embedding[tokens]; var y = {|CMB101:Slice(x, Hidden, Hidden)|}; y = {|CMB101:Slice(x, 2 * Hidden, Hidden)|}; "
                    + "return Linear(x, Embedding);")),
        new("a table of rows",
            Sample.Model(
                "var x = Embedding[tokens]; var h = Reshape(x, 1, Hidden); "
                    + "return Linear(Reshape({|CMB101:Attend(h, h, h, visible: at => x[at.Query, at.Key] > 0)|}, Hidden), Embedding);")),
        new("a causal argument that is not constant",
            Sample.Model(
                "var h = Reshape(Embedding[tokens], 1, Hidden); "
                    + "return Linear(Reshape(Attend(h, h, h, causal: {|CMB104:Heads > 1|}), Hidden), Embedding);")),
        new("a branch in a function over scores", Sample.Model(
            "var h = Reshape(Embedding[tokens], 1, Hidden); "
                + "return Linear(Reshape(Attend(h, h, h, visible: at => Near(at.Query - at.Key)), Hidden), Embedding);",
            "    private Score Near(Score distance) { {|CMB108:if (Heads > 1) { distance = distance + 1; }|} return distance < 4; }")),
        new("a function over scores that calls itself", Sample.Model(
            "var h = Reshape(Embedding[tokens], 1, Hidden); "
                + "return Linear(Reshape(Attend(h, h, h, score: (s, at) => s + Again(at.Key)), Hidden), Embedding);",
            "    private Score {|CMB108:Again|}(Score x) => Again(x + 1);")),
        new("an unknown call",
            Sample.Model("return Linear(Embedding[tokens] * {|CMB013:Math.Cos(1)|} * {|CMB013:Other.Run(Embedding[tokens])|}, Embedding);",
                types: "static class Other { public static Tensor Run(Tensor x) => x; }")),
        new("a member without a value",
            Sample.Model("return Linear(Embedding[tokens] * {|CMB014:Half|} * {|CMB014:_factor|}, Embedding);",
                "    private int Half => Hidden / 2;\n    private float _factor = 2;")),
        new("several errors in one expression",
            Sample.Model(
                "return {|CMB101:Linear(Embedding[tokens], Norm)|} + Also({|CMB101:Linear(Embedding[tokens] * 2, Norm)|}, "
                    + "{|CMB101:Reshape(Embedding[tokens], 3)|});", "    private Tensor Also(Tensor x, Tensor y) => x;")),
        new("several errors in one loop",
            Sample.Model(
                "var x = Embedding[tokens]; foreach (var block in Blocks) { var y = {|CMB101:Linear(x, Norm)|}; "
                    + "x = block.Forward({|CMB101:Linear(x * 2, Norm)|}); if (Epsilon > 0) { x = {|CMB101:Linear(Embedding[tokens] * 3, Norm)|}; "
                    + "y = {|CMB101:Reshape(Embedding[tokens], 3)|}; } } return Linear(x, Embedding);")),
        new("a block's member", Sample.Model("""
                var x = Embedding[tokens];
                foreach (var block in Blocks)
                    x = x + {|CMB014:block.Norm|};
                return Linear(x, Embedding);
        """)),
        new("a rounding conversion", Sample.Model("return Linear(Embedding[tokens] * {|CMB011:(int)Epsilon|}, Embedding);")),
        new("an unsupported operator", Sample.Model("return Linear(Embedding[tokens] * ({|CMB011:Hidden << 2|}), Embedding);")),
        new("null as an operand", Sample.Model("return Linear(Embedding[tokens] * {|CMB011:null|}!, Embedding);")),
        new("a new block", Sample.Model("return Linear({|CMB011:new Layer()|}.Forward(Embedding[tokens]), Embedding);")),
        new("an undefined method is reported by C#", Sample.Model("var x = Missing(Embedding[tokens]); return Linear(x + 1, Embedding);"), true),
    ];

    public static readonly IReadOnlyList<Case> Functions =
    [
        new("overloads",
            Sample.Model("return Linear(Twice(Embedding[tokens]), Embedding);",
                "    private Tensor Twice(Tensor x) => x + x;\n    private Tensor {|CMB015:Twice|}(Tensor x, int n) => x * n;")),
        new("a call of an overload",
            Sample.Model("return Linear(Twice(Embedding[tokens], 2), Embedding);",
                "    private Tensor Twice(Tensor x) => x + x;\n    private Tensor {|CMB015:Twice|}(Tensor x, int n) => x * n;")),
        new("a generic method",
            Sample.Model("return Linear(Same<int>(Embedding[tokens]), Embedding);", "    private Tensor {|CMB015:Same|}<T>(Tensor x) => x;")),
        new("a parameter of another type",
            Sample.Model("return Linear(Same(Embedding[tokens], 2L), Embedding);",
                "    private Tensor Same(Tensor x, long {|CMB015:number|}) => x;")),
        new("a parameter by reference", Sample.Model(Plain, "    private Tensor Same(ref Tensor {|CMB015:x|}) => x;")),
        new("a method of a block that returns no tensor",
            Sample.Model("return Linear(Embedding[tokens] * {|CMB014:Part.Factor()|}, Embedding);",
                "    [Block(\"part\")] public partial Part Part { get; }", """
            [Block]
            public partial class Part
            {
                public float Factor() => 2;
            }
            """)),
        new("no Forward", """[Model] public partial class {|CMB003:Tiny|} { [Dim("h")] public partial int Hidden { get; } }"""),
        new("Forward returns something else", """[Model] public partial class Tiny { public int {|CMB003:Forward|}(Tokens tokens) => 1; }"""),
        new("an entry point takes rows of unknown shape",
            Sample.Model(Plain, "    [EntryPoint] public Tensor {|CMB017:Other|}(Tokens tokens, Tensor states) => Linear(states, Embedding);")),
        new("an entry point returns something else",
            Sample.Model(Plain,
                "    [EntryPoint] public (Tensor, Tensor) {|CMB017:Both|}(Tokens tokens) => (Embedding[tokens], Embedding[tokens]);")),
        new("a result that is not a tensor",
            Sample.Model(Plain,
                "    [EntryPoint] public (Tensor Logits, int Count) {|CMB017:Both|}(Tokens tokens) => (Linear(Embedding[tokens], Embedding), 2);")),
        new("two results with one name",
            Sample.Model(Plain,
                "    [EntryPoint] public (Tensor Hidden, Tensor hidden) {|CMB017:Both|}(Tokens tokens) => (Embedding[tokens], Embedding[tokens]);")),
        new("an entry point without tokens",
            Sample.Model(Plain, "    [EntryPoint] public Tensor {|CMB017:Other|}([Shape(\"Hidden\")] Tensor states) => Linear(states, Embedding);")),
        new("an entry point of a block",
            """[Block] public partial class Part { [EntryPoint] public Tensor {|CMB017:Forward2|}(Tokens tokens) => 1; }"""),
        new("Forward takes something else", """[Model] public partial class Tiny { public Tensor {|CMB003:Forward|}(Tensor x) => x; }"""),
    ];

    public static readonly IReadOnlyList<Case> Forms =
    [
        new("not partial", """[Block] public class {|CMB001:Part|} { public Tensor Forward(Tensor x) => x + 1; }"""),
        new("an abstract model with architectures",
            """[Model("A")] public abstract partial class {|CMB002:Base|} { public abstract Tensor Forward(Tokens tokens); }"""),
        new("a model that extends a concrete model",
            """[Model] public partial class Base { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public Tensor Forward(Tokens tokens) => Linear(W[tokens], W); } [Model] public partial class {|CMB002:Tiny|} : Base { }"""),
        new("a model that extends an ordinary class",
            """public abstract class Base; [Model] public partial class {|CMB002:Tiny|} : Base { [Weight("w", "4, 4")] """
                + """public partial Tensor W { get; } public Tensor Forward(Tokens tokens) => Linear(W[tokens], W); }"""),
        new("a block that extends a model",
            """[Model] public abstract partial class Base { } [Block] public abstract partial class {|CMB002:Part|} """
                + """: Base { public Tensor Forward(Tensor x) => x + 1; }"""),
        new("an abstract model that is not partial",
            """[Model] public abstract class {|CMB001:Base|} { public abstract Tensor Forward(Tokens tokens); } """
                + """[Model] public partial class Tiny : Base { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public override Tensor Forward(Tokens tokens) => Linear(W[tokens], W); }"""),
        new("a model whose base has no Forward",
            """[Model] public abstract partial class Base { [Dim("n")] public partial int N { get; } } """
                + """[Model] public partial class {|CMB003:Tiny|} : Base { }"""),
        new("an invalid Forward of a base",
            """[Model] public abstract partial class Base { public Tensor {|CMB003:Forward|}(Tensor x) => x; } """
                + """[Model] public partial class Tiny : Base { }"""),
        new("an invalid entry point of a base",
            """[Model] public abstract partial class Base { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public Tensor Forward(Tokens tokens) => Linear(W[tokens], W); [EntryPoint] """
                + """public Tensor {|CMB017:Other|}(Tokens tokens, Tensor x) => Linear(x, W); } [Model] public partial class Tiny : Base { }"""),
        new("a member with the name of an inherited field",
            """[Model] public abstract partial class Base { [Dim("n")] public partial int N { get; } """
                + """[Weight("w", "4, N")] public partial Tensor W { get; } public Tensor Forward(Tokens tokens) => Linear(W[tokens], W); } """
                + """[Model] public partial class Tiny : Base { private const int {|CMB009:_n|} = 3; public int Last => _n; }""", true),
        new("errors of a model and of its base", """
            [Model]
            public abstract partial class Base
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }
                [{|CMB103:Weight("v", "Unknown")|}] public partial Tensor V { get; }
                public Tensor Forward(Tokens tokens) => {|CMB101:Linear(W[tokens], G)|} + Inner(W[tokens]);
                [Weight("g", "Hidden")] protected partial Tensor G { get; }
                protected abstract Tensor Inner(Tensor x);
            }
            [Model]
            public partial class First : Base
            {
                protected override Tensor Inner(Tensor x) => {|CMB101:Linear(x, G)|} * {|CMB014:Missing|};
                private Tensor Missing => W;
            }
            [Model]
            public partial class Second : Base
            {
                [{|CMB103:Weight("d", "Hidden, Nothing")|}] public partial Tensor Wrong { get; }
                protected override Tensor Inner(Tensor x) => x * G;
            }
            """),
        new("generic",
            """[Block] public partial class {|CMB002:Part|}<T> { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public Tensor Forward(Tensor x) => Linear(x, W); }"""),
        new("nested",
            """public partial class Outer { [Block] public partial class {|CMB002:Part|} { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public Tensor Forward(Tensor x) => Linear(x, W); } }"""),
        new("derived",
            """public class Base; [Block] public partial class {|CMB002:Part|} : Base { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public Tensor Forward(Tensor x) => Linear(x, W); }"""),
        new("a model that extends a block",
            """[Block] public partial class Base { public Tensor Twice(Tensor x) => x + x; } [Model] public partial class {|CMB002:Tiny|} """
                + """: Base { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public Tensor Forward(Tokens tokens) => Linear(W[tokens], W); }"""),
        new("an abstract block as a part",
            Sample.Model("return Linear(Part.Forward(Embedding[tokens]), Embedding);",
                "    [{|CMB005:Block(\"part\")|}] public partial Base Part { get; }",
                "[Block] public abstract partial class Base { public abstract Tensor Forward(Tensor x); }")),
        new("a dim that overrides one",
            """[Block] public partial class Base { [Dim("n")] public virtual partial int N { get; } } """
                + """[Block] public partial class Part : Base { [Dim("m")] public override partial int {|CMB004:N|} { get; } """
                + """public Tensor Forward(Tensor x) => x * N; }"""),
        new("a method with the name of a base method",
            """[Block] public partial class Base { public Tensor Twice(Tensor x) => x + x; } """
                + """[Block] public partial class Part : Base { public Tensor {|CMB015:Twice|}(Tensor x, int n) => x * n; }"""),
        new("errors of a block and of its base",
            Sample.Model("return Linear(Part.Forward(Embedding[tokens]), Embedding);",
                "    [Block(\"part\")] public partial Derived Part { get; }", """
            [Block]
            public abstract partial class Base
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("b", "Hidden, Hidden, 2")] public partial Tensor Before { get; }
                [{|CMB103:Weight("c", "Unknown")|}] public partial Tensor Other { get; }
                public Tensor Forward(Tensor x) => Inner({|CMB101:Linear(x, Before)|}) + Inner(x);
                protected abstract Tensor Inner(Tensor x);
            }
            [Block]
            public partial class Derived : Base
            {
                [Weight("a", "Hidden, 2 * Hidden")] public partial Tensor After { get; }
                [{|CMB103:Weight("d", "Hidden, Nothing")|}] public partial Tensor Wrong { get; }
                protected override Tensor Inner(Tensor x) => {|CMB101:Linear(x, After)|} * {|CMB014:Missing|};
                private Tensor Missing => Before;
            }
            """)),
        new("a record",
            """[Block] public partial record {|CMB002:Part|} { [Weight("w", "4, 4")] public partial Tensor W { get; } """
                + """public Tensor Forward(Tensor x) => Linear(x, W); }"""),
        new("a taken name",
            Sample.Model(Plain, "    public void {|CMB009:Load|}() { }\n    private int {|CMB009:_hidden|} = 3;\n    public int Last => _hidden;"),
            true),
    ];

    public static readonly IReadOnlyList<Case> Declarations =
    [
        new("a property that is not partial", Sample.Model(Plain, "    [Dim(\"n\")] public int {|CMB004:N|} => 3;")),
        new("a property with a setter", Sample.Model(Plain, "    [Dim(\"n\")] public partial int {|CMB004:N|} { get; set; }")),
        new("a static property", Sample.Model(Plain, "    [Dim(\"n\")] public static partial int {|CMB004:N|} { get; }")),
        new("wrong types", Sample.Model(Plain, """
                [{|CMB005:Dim("n")|}] public partial float N { get; }
                [{|CMB005:Option("o")|}] public partial Tensor O { get; }
                [{|CMB005:Weight("w", "Hidden")|}] public partial int W { get; }
                [{|CMB005:Block("b")|}] public partial Tensor B { get; }
                [{|CMB005:Blocks("s.{i}", Count = nameof(Layers))|}] public partial Layer S { get; }
            """)),
        new("values that do not fit", Sample.Model(Plain, """
                [{|CMB006:Dim|}] public partial int N { get; }
                [{|CMB006:Option("o", Default = 1)|}] public partial bool O { get; }
                [{|CMB006:Option("l", Default = "1")|}] public partial int[] L { get; }
                [{|CMB006:Option("e", Default = 1)|}] public partial DayOfWeek E { get; }
                [{|CMB006:Option|}] public partial int P { get; }
                [{|CMB006:Option|}] public partial Rotary R { get; }
                [{|CMB006:Weight("", "Hidden")|}] public partial Tensor V { get; }
                [{|CMB006:Weight("w", "Hidden", TiedWhen = "tie")|}] public partial Tensor W { get; }
                [{|CMB006:Blocks("s", Count = nameof(Layers))|}] public partial BlockStack<Layer> S { get; }
                [{|CMB006:Blocks("s.{i}")|}] public partial BlockStack<Layer> T { get; }
            """)),
        new("two roles", Sample.Model(Plain, "    [Dim(\"n\"), {|CMB007:Option(\"n\")|}] public partial int N { get; }")),
        new("numbers and texts without a role", Sample.Model(Plain, """
                public partial int {|CMB008:N|} { get; }
                public partial float {|CMB008:F|} { get; }
                public partial bool {|CMB008:B|} { get; }
                public partial string[] {|CMB008:S|} { get; }
                public partial DayOfWeek {|CMB008:E|} { get; }
                public partial int Own { get; }
                public partial int Own => 3;
            """)),
        new("no role", Sample.Model(Plain, "    public partial Tensor {|CMB008:N|} { get; }\n    public partial Layer {|CMB008:M|} { get; }")),
        new("texts that name broken members are not reported again", Sample.Model("return Linear(Embedding[tokens] + W + V, Embedding);", """
                [{|CMB005:Dim("n")|}] public partial float N { get; }
                [{|CMB006:Option(Default = false)|}] public partial bool O { get; }
                [Dim(Default = "N * 2")] public partial int M { get; }
                [Weight("w", "N")] public partial Tensor W { get; }
                [Weight("v", "M", When = nameof(O))] public partial Tensor V { get; }
            """)),
        new("an operator on a broken member is not reported again",
            Sample.Model("return Linear(Embedding[tokens] * (N % 2 == 0 ? 1 : 2), Embedding);",
                "    [{|CMB005:Dim(\"n\")|}] public partial float N { get; }")),
        new("a use of a broken member is not reported again",
            Sample.Model("return Linear(Embedding[tokens] * N, Embedding);", "    [{|CMB005:Dim(\"n\")|}] public partial float N { get; }")),
    ];

    public static readonly IReadOnlyList<Case> OfTheCompiler =
    [
        new("shapes that do not fit", Sample.Model("""
                var x = Embedding[tokens];
                x = {|CMB101:Linear(x, Norm)|};
                var y = {|CMB101:Linear(Embedding[tokens] * 2, Wide)|};
                return x + y;
        """, "    [Weight(\"wide\", \"Hidden, 2 * Hidden\")] public partial Tensor Wide { get; }")),
        new("the mean and the norm of a number",
            Sample.Model(
                "var x = Embedding[tokens] * {|CMB101:Mean(Epsilon)|}; x = x * {|CMB101:RmsNorm(Hidden, 1e-5f)|}; return Linear(x, Embedding);")),
        new("rows with and without heads",
            Sample.Model("var x = Embedding[tokens]; return Linear(Reshape({|CMB101:Reshape(x, 1, Hidden) + x|}, Hidden), Embedding);")),
        new("a number that a loop assigns",
            Sample.Model(
                "var x = Embedding[tokens]; var n = 1f; {|CMB108:foreach (var block in Blocks) { x = block.Forward(x) * n; "
                    + "n = n / 2; }|} return Linear(x, Embedding);")),
        new("a loop inside a loop",
            Sample.Model("var x = Embedding[tokens]; foreach (var block in Blocks) x = block.Forward(Again(x)); return Linear(x, Embedding);",
                "    private Tensor Again(Tensor y) { {|CMB108:foreach (var block in Blocks) y = block.Forward(y);|} return y; }")),
        new("a cycle of ties",
            Sample.Model("return Linear(Embedding[tokens], A);",
                "    [{|CMB104:Weight(\"a\", \"Vocab, Hidden\", TiedTo = nameof(B))|}] public partial Tensor A { get; } "
                    + "[Weight(\"b\", \"Vocab, Hidden\", TiedTo = nameof(A))] public partial Tensor B { get; }")),
        new("a tie to a tied weight",
            Sample.Model("return Linear(Embedding[tokens], B);",
                "    [Weight(\"a\", \"Vocab, Hidden\", TiedTo = nameof(Embedding), TiedWhen = \"t\")] public partial Tensor A { get; } "
                    + "[{|CMB104:Weight(\"b\", \"Vocab, Hidden\", TiedTo = nameof(A))|}] public partial Tensor B { get; }")),
        new("a weight's condition and what uses the weight",
            Sample.Model("return {|CMB101:Linear(Embedding[tokens], A)|} + {|CMB101:Linear(Embedding[tokens], B)|};",
                "    [{|CMB102:Weight(\"a\", \"Hidden\", When = \"Nothing\")|}] public partial Tensor A { get; } "
                    + "[{|CMB102:Weight(\"b\", \"Hidden\", TiedTo = \"Nothing\")|}] public partial Tensor B { get; }")),
        new("one tensor in two shapes",
            Sample.Model("return Linear(Linear(Embedding[tokens], A), Embedding) + Linear(Embedding[tokens], B);",
                "    [Weight(\"a\", \"Hidden, Hidden\")] public partial Tensor A { get; } [{|CMB101:Weight(\"a\", \"Vocab, Hidden\")|}] "
                    + "public partial Tensor B { get; }")),
        new("one tensor in two shapes, the second used first",
            Sample.Model("return Linear(Linear(Embedding[tokens], B), Embedding) + Linear(Embedding[tokens], A);",
                "    [Weight(\"a\", \"Vocab, Hidden\")] public partial Tensor A { get; } [{|CMB101:Weight(\"a\", \"Hidden, Hidden\")|}] "
                    + "public partial Tensor B { get; }")),
        new("two dims that differ in their case alone",
            Sample.Model(Plain, "    [Dim(\"a\")] public partial int Width { get; } [Dim(\"b\")] public partial int {|CMB009:width|} { get; }")),
        new("a constructor that Load cannot call",
            Sample.Model(Plain, "    public Tiny(int size) { }").Replace("class Tiny", "class {|CMB002:Tiny|}", StringComparison.Ordinal)),
        new("a shape with an unknown dim",
            Sample.Model("return Linear(Embedding[tokens] * W, Embedding);",
                "    [{|CMB103:Weight(\"w\", \"Hiden\")|}] public partial Tensor W { get; }")),
        new("a default that is not a size", Sample.Model(Plain, "    [{|CMB103:Dim(\"n\", Default = \"Hidden +\")|}] public partial int N { get; }")),
        new("uses of a default that is not a size",
            Sample.Model("var x = Embedding[tokens]; x = x + Slice(x, 0, N) * W; return Linear(Reshape(x, N, 2), Embedding) + Slice(x, 1, N - 1);",
                "    [{|CMB103:Dim(Default = \"Hiden / 2\")|}] public partial int N { get; } [Dim(Default = \"N * 2\")] "
                    + "public partial int M { get; } [Weight(\"w\", \"M, N\")] public partial Tensor W { get; }")),
        new("a cycle of defaults",
            Sample.Model(Plain,
                "    [{|CMB103:Dim(\"a\", Default = \"B * 2\")|}] public partial int A { get; } [Dim(\"b\", Default = \"A\")] "
                    + "public partial int B { get; }")),
        new("an error inside a block",
            Sample.Model("return Linear(Part.Forward(Embedding[tokens]), Embedding);", "    [Block(\"part\")] public partial Part Part { get; }", """
            [Block]
            public partial class Part
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("w", "Hidden, 3")] public partial Tensor W { get; }
                public Tensor Forward(Tensor x) => x + {|CMB101:Linear(x, W)|};
            }
            """)),
        new("errors of both kinds in one build", Sample.Model("""
                var x = {|CMB101:Linear(Embedding[tokens], Norm)|};
                var y = Embedding[tokens] * {|CMB013:Math.Cos(2)|};
                return Linear(y + 1, Embedding) + x;
        """)),
    ];

    /// <summary>Only C# reports these.</summary>
    public static readonly IReadOnlyList<Case> LeftToCSharp =
    [
        new("an attribute that C# does not know", Sample.Model(Plain, "    [Wieght(\"w\", \"Hidden\")] public partial Tensor W { get; }"), true),
        new("an undefined name in an attribute",
            Sample.Model(Plain,
                "    [Dim(\"n\", Default = nameof(Hiden))] public partial int N { get; } [Weight(\"w\", \"N\", When = nameof(Biased))] "
                    + "public partial Tensor W { get; }"), true),
        new("an undefined value in an attribute",
            Sample.Model(Plain,
                "    [Option(\"day\", Default = DayOfWeek.Someday)] public partial DayOfWeek Day { get; } [Option(\"n\", Default = Missing.Value)] "
                    + "public partial Tensor N { get; }"), true),
        new("a number that may be null", Sample.Model("return Linear(Reshape(Embedding[tokens], null * Hidden), Embedding);"), true),
        new("rows that are compared with a number",
            Sample.Model("var x = Embedding[tokens]; return Linear(Linear(x, Embedding) == 2f ? x : x + 1, Embedding);"), true),
        new("operators that C# rejects",
            Sample.Model("var x = Embedding[Heads] * Cast(tokens); x = Kind >= 3 ? x : x + 1; return Linear(x, Embedding);",
                "    [Option(\"kind\")] public partial string Kind { get; }"), true),
        new("a compound assignment to an undefined name", Sample.Model("y += Embedding[tokens]; return Linear(Embedding[tokens], Embedding);"), true),
        new("a member that is assigned with others",
            Sample.Model("var x = Embedding[tokens]; (Hidden, x) = (3, x + 1); return Linear(x, Embedding);"), true),
        new("a parameter of an unknown type", Sample.Model(Plain).Replace("(Tokens tokens)", "(Token tokens)", StringComparison.Ordinal), true),
        new("a path without a result", Sample.Model("if (Epsilon > 0) return Linear(Embedding[tokens], Embedding);"), true),
        new("a method twice",
            Sample.Model("return Linear(Twice(Embedding[tokens]), Embedding);",
                "    private Tensor Twice(Tensor x) => x + x;\n    private Tensor Twice(Tensor x) => x * 2;"), true),
        new("a loop whose head C# rejects",
            Sample.Model("var x = Embedding[tokens]; for (var i = 0; i; i++) x = x + 1; return Linear(x, Embedding);"), true),
        new("a loop whose head C# cannot parse",
            Sample.Model("var x = Embedding[tokens]; for (var i = 0; i < 2; is++) x = x + 1; return Linear(x, Embedding);"), true),
        new("more values than there are targets",
            Sample.Model("var x = Embedding[tokens]; var (a, b) = Split(x, 1, 1, 1); var (c, d) = Silu(x); return Linear(x, Embedding);"), true),
        new("a tuple of another length",
            Sample.Model("var (a, b) = Halves(Embedding[tokens]); return Linear(a, Embedding) + b;",
                "    private (Tensor, Tensor) Halves(Tensor x) => Split(x, 1, 1, 1);"), true),
        new("an incomplete statement",
            Sample.Model("var x = Embedding[tokens]; var v = Reshape(Linear(x, Embedding; return Linear(x + v, Embedding);"), true),
        new("a loop over a method",
            Sample.Model("var x = Embedding[tokens]; foreach (var (i, block) in Blocks.Index) x = block.Forward(x); return Linear(x, Embedding);"),
            true),
        new("a method that is not called",
            Sample.Model(
                "var x = Embedding[tokens]; foreach (var block in Blocks) x = block.Forward; var y = LayerNorm; return Linear(x, Embedding);"), true),
    ];

    public static IEnumerable<Case> All =>
        [.. Statements, .. Expressions, .. Functions, .. Forms, .. Declarations, .. OfTheCompiler, .. LeftToCSharp];

    public static TheoryData<string> Names => [.. All.Select(static entry => entry.Name)];

    public static Case Get(string name) => All.Single(entry => entry.Name == name);
}
