using System.Text.RegularExpressions;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Spec;
using Cambium.Tests.Specs;
using Xunit;

namespace Cambium.Tests.Kernels;

public sealed class FusionTests
{
    [Fact]
    public void An_ordinary_decoder_is_five_kernels_a_layer()
    {
        var kernels = Compiled.Kernels(TinyLlama.Spec);

        Assert.Equal(["gather Embedding", "loop Blocks", "matmul Head + prologue"], Compiled.Outline(kernels.Main));
        Assert.Equal(
            ["matmul Query, Key, Value + prologue", "attend", "matmul Output", "matmul Gate|Up + prologue", "matmul Down"],
            Compiled.Outline(kernels["Blocks"]));
    }

    [Fact]
    public void Rotary_and_append_are_epilogues_of_the_merged_product()
    {
        var product = Compiled.Kernels(TinyLlama.Spec)["Blocks"].Kernels.OfType<MatmulKernel>().First();

        Assert.Equal(["Elements Rotate", "Rotate Append", "Append"],
            product.Segments.Select(static segment => string.Join(" ", segment.Epilogue.Stages.Select(static stage => stage.GetType().Name))));
        Assert.All(product.Segments, static segment => Assert.Equal("HeadDim", segment.Epilogue.Width!.ToString()));
    }

    [Fact]
    public void The_norm_is_one_pass_for_the_sum_and_one_that_stores()
    {
        var product = Compiled.Kernels(TinyLlama.Spec)["Blocks"].Kernels.OfType<MatmulKernel>().First();

        Assert.Equal(["Elements", "Scalars", "Elements"], product.Prologue!.Stages.Select(static stage => stage.GetType().Name));
    }

    [Fact]
    public void Only_wanted_rows_reach_the_head()
    {
        var head = Assert.IsType<MatmulKernel>(Compiled.Kernels(TinyLlama.Spec).Main.Kernels[^1]);

        Assert.Equal("S", head.Rows.ToString());
        Assert.Contains(head.Prologue!.Inputs, static input => input.Place is Place.Buffer { Selected: true });
    }

    [Fact]
    public void Weight_names_do_not_change_the_kernels()
    {
        var renamed = Rename(TinyLlama.Spec, static name => "Zz" + new string([.. name.Reverse()]));

        Assert.NotEqual(KernelText.Print(Compiled.Kernels(TinyLlama.Spec)), KernelText.Print(Compiled.Kernels(renamed)));
        Assert.Equal(Compiled.Anonymous(TinyLlama.Spec), Compiled.Anonymous(renamed));
    }

    [Fact]
    public void The_order_of_independent_statements_does_not_change_kernels()
    {
        // k before q, up before gate, declarations backwards.
        var block = TinyLlama.Spec.Blocks[0];
        var forward = block.Functions[0];
        var body = forward.Body.ToList();
        Assert.Equal(["h", "q", "k", "v"], body.Take(4).Cast<Assign>().Select(static assign => assign.Targets[0]));
        (body[1], body[3]) = (body[3], body[1]);
        var reordered = TinyLlama.Spec with
        {
            Blocks = EquatableArray.Of(block with
            {
                Weights = block.Weights.Reverse().ToEquatableArray(),
                Functions = EquatableArray.Of(forward with { Body = body.ToEquatableArray() }),
            }),
        };

        Assert.NotEqual(TinyLlama.Spec, reordered);
        Assert.Equal(Compiled.Anonymous(TinyLlama.Spec), Compiled.Anonymous(reordered));
    }

    [Fact]
    public void An_unusual_class_fuses_by_the_same_rules()
    {
        var kernels = Compiled.Kernels(Odd.Spec);

        // The scaled embedding; one product for attention and the feed-forward, which read the same norm; both residuals in epilogues.
        Assert.Equal(["gather Table + program", "loop Layers", "matmul Table + prologue"], Compiled.Outline(kernels.Main));
        Assert.Equal(
            ["matmul Widen, Ask, Tell, Say + prologue", "matmul Narrow", "attend + score", "matmul Merge"],
            Compiled.Outline(kernels["Layers"]));
        var merged = (MatmulKernel)kernels["Layers"].Kernels[0];
        Assert.Contains(merged.Segments[1].Epilogue.Stages, static stage => stage is RowStage.Elements { Accumulates.Count: 1 });
    }

    [Fact]
    public void Ops_that_no_product_can_absorb_become_one_program()
    {
        // The result is a norm over the whole row: no epilogue sees whole rows.
        var spec = new SpecBuilder("Ends")
            .Dim("Hidden", "hidden").Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Hidden").Weight("Square", "square", "Hidden, Hidden").Weight("Norm", "norm", "Hidden")
            .Forward(static f => f
                .Set("x", f.Op("Linear", f.Op("Gather", f["Table"], f["tokens"]), f["Square"]))
                .Return(f.Op("RmsNorm", f["x"], f["Norm"], f.Float(1e-5))))
            .Build();
        var kernels = Compiled.Kernels(spec);

        Assert.Equal(["gather Table", "matmul Square + prologue", "rowwise"], Compiled.Outline(kernels.Main));
        Assert.Single(((MatmulKernel)kernels.Main.Kernels[1]).Segments[0].Epilogue.Writes);
    }

    [Fact]
    public void No_pass_and_no_emitter_knows_a_model()
    {
        var root = Repository.Root;
        var sources = new[] { "Passes", "Kernels", "Emit", "Lowering", "Ops", "Graph" }
            .SelectMany(folder =>
                Directory.EnumerateFiles(Path.Combine(root, "src", "Cambium.Compiler", folder), "*.cs", SearchOption.AllDirectories)).ToList();
        Assert.True(sources.Count > 20);

        var models = Directory.EnumerateFiles(Path.Combine(root, "src", "Cambium.Models"), "*.cs", SearchOption.TopDirectoryOnly)
            .Select(File.ReadAllText).ToList();
        var words = models
            .SelectMany(static text => Regex.Matches(text, @"\[Weight\(""([^""]+)""|\[Model\(([^)]*)\)|partial class (\w+)").Cast<Match>())
            .SelectMany(static match =>
                Regex.Matches(string.Join(" ", match.Groups.Cast<Group>().Skip(1).Select(static group => group.Value)), @"\w+").Cast<Match>())
            .Select(static match => match.Value)
            .Where(static word =>
                word.Length > 2
                    && word is not ("weight" or "bias" or "model" or "norm" or "mlp" or "shared" or "block" or "layer" or "layer_norm" or "encoder"))
            .Concat(["llama", "mistral", "qwen", "gemma", "gpt"])
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        Assert.Contains("q_proj", words);
        Assert.Contains("embed_tokens", words);

        foreach (var source in sources)
        {
            var text = File.ReadAllText(source);
            Assert.All(words, word => Assert.DoesNotMatch(new Regex($@"\b{word}\b", RegexOptions.IgnoreCase), text));
        }
    }

    [Fact]
    public void The_same_class_gives_the_same_bytes()
    {
        var first = Cambium.Compiler.ModelCompiler.Compile(TinyLlama.Spec);
        var second = Cambium.Compiler.ModelCompiler.Compile(TinyLlama.Spec);

        Assert.Equal(2, first.Files.Count);
        Assert.Equal(first, second);
        Assert.All(first.Files, static file => Assert.DoesNotContain("\r", file.Text));
    }

    private static ModelSpec Rename(ModelSpec spec, Func<string, string> rename)
    {
        var names = spec.Blocks.Append(spec.Root).SelectMany(static type => type.Weights).Select(static weight => weight.Name).ToHashSet();
        string New(string name) => names.Contains(name) ? rename(name) : name;
        ClassSpec Class(ClassSpec type) => type with
        {
            Weights = type.Weights.Select(weight =>
                weight with { Name = New(weight.Name), TiedTo = weight.TiedTo is null ? null : New(weight.TiedTo) }).ToEquatableArray(),
            Functions = type.Functions.Select(function =>
                function with { Body = function.Body.Select(statement => Renamed(statement, New)).ToEquatableArray() }).ToEquatableArray(),
        };

        return spec with { Root = Class(spec.Root), Blocks = spec.Blocks.Select(Class).ToEquatableArray() };
    }

    private static Statement Renamed(Statement statement, Func<string, string> rename) => statement switch
    {
        Assign assign => assign with { Value = Renamed(assign.Value, rename) },
        ForEach loop => loop with { Body = loop.Body.Select(inner => Renamed(inner, rename)).ToEquatableArray() },
        Return value => value with { Value = Renamed(value.Value, rename) },
        _ => statement,
    };

    private static Expression Renamed(Expression expression, Func<string, string> rename) => expression switch
    {
        MemberRef member => member with { Name = rename(member.Name) },
        OpCall call =>
            call with { Arguments = call.Arguments.Select(argument => argument with { Value = Renamed(argument.Value, rename) }).ToEquatableArray() },
        BlockCall call => call with { Arguments = call.Arguments.Select(argument => Renamed(argument, rename)).ToEquatableArray() },
        TupleOf tuple => tuple with { Items = tuple.Items.Select(item => Renamed(item, rename)).ToEquatableArray() },
        LambdaOf lambda => lambda with { Body = Renamed(lambda.Body, rename) },
        _ => expression,
    };
}
