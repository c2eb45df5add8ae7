using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Xunit;

namespace Cambium.Tests.Specs;

/// <summary>Small models of different forms, by name.</summary>
internal static class SampleSpecs
{
    private static readonly Dictionary<string, ModelSpec> Specs = new(StringComparer.Ordinal)
    {
        ["decoder"] = TinyLlama.Spec,
        ["odd"] = Odd.Spec,
        ["kept for later"] = Kept(),
        ["parallel residual"] = Parallel(),
        ["residual around one product"] = Around(),
        ["two entry points"] = TwoEntries(),
    };

    public static TheoryData<string> Names => new(Specs.Keys.Order(StringComparer.Ordinal));

    public static ModelSpec Get(string name) => Specs[name];

    /// <summary>The embedding is read again after the loop that overwrites it.</summary>
    private static ModelSpec Kept()
    {
        var layer = new SpecBuilder("KeptLayer").Dim("Width", "width")
            .Weight("Mix", "mix", "Width, Width")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f.Return(f.Op("Linear", f["x"], f["Mix"])));
        return new SpecBuilder("Kept").Dim("Width", "width").Dim("Depth", "depth").Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Width").Child("Layers", "layers.{i}", layer, "Depth")
            .Forward(static f => f
                .Set("e", f.Op("Gather", f["Table"], f["tokens"]))
                .Set("x", f["e"])
                .ForEach("layer", "Layers", static loop => loop.Set("x", loop.Call("layer", "Forward", loop["x"])))
                .Return(f.Op("Linear", f.Op("Add", f["x"], f["e"]), f["Table"])))
            .Build(layer);
    }

    /// <summary>The prologue and the epilogue of a product read the same buffer, and both reads are the last ones.</summary>
    private static ModelSpec Around()
    {
        var layer = new SpecBuilder("AroundLayer").Dim("Width", "width").Weight("Mix", "mix", "Width, Width")
            .Function(
                "Forward",
                [("x", ParameterKind.Tensor)],
                static f => f.Return(f.Op("Add", f["x"], f.Op("Linear", f.Op("Tanh", f["x"]), f["Mix"]))));
        return new SpecBuilder("Around").Dim("Width", "width").Dim("Depth", "depth").Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Width").Child("Layers", "layers.{i}", layer, "Depth")
            .Forward(static f => f
                .Set("x", f.Op("Gather", f["Table"], f["tokens"]))
                .ForEach("layer", "Layers", static loop => loop.Set("x", loop.Call("layer", "Forward", loop["x"])))
                .Return(f.Op("Linear", f["x"], f["Table"])))
            .Build(layer);
    }

    /// <summary>Two paths read the input of a layer; their sum with it is the result.</summary>
    private static ModelSpec Parallel()
    {
        var layer = new SpecBuilder("ParallelLayer").Dim("Width", "width").Dim("Wide", "wide")
            .Weight("Gain", "gain", "Width").Weight("Up", "up", "Wide, Width").Weight("Down", "down", "Width, Wide")
            .Weight("Mix", "mix", "Width, Width")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f
                .Set("h", f.Op("RmsNorm", f["x"], f["Gain"], f.Float(1e-6)))
                .Set("y", f.Op("Linear", f.Op("Gelu", f.Op("Linear", f["h"], f["Up"])), f["Down"]))
                .Set("z", f.Op("Linear", f.Op("Tanh", f["x"]), f["Mix"]))
                .Return(f.Op("Add", f.Op("Add", f["x"], f["y"]), f["z"])));
        return new SpecBuilder("Parallel").Dim("Width", "width").Dim("Depth", "depth").Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Width").Child("Layers", "layers.{i}", layer, "Depth")
            .Forward(static f => f
                .Set("x", f.Op("Gather", f["Table"], f["tokens"]))
                .ForEach("layer", "Layers", static loop => loop.Set("x", loop.Call("layer", "Forward", loop["x"])))
                .Return(f.Op("Linear", f["x"], f["Table"])))
            .Build(layer);
    }

    /// <summary>A second entry point that returns the embedding alone.</summary>
    private static ModelSpec TwoEntries()
    {
        var spec = Kept();
        var embed = new SpecBuilder("Kept").Dim("Width", "width").Dim("Depth", "depth").Dim("Vocab", "vocab").Weight("Table", "table", "Vocab, Width")
            .Function("Embed", [("tokens", ParameterKind.Tokens)], static f => f.Return(f.Op("Gather", f["Table"], f["tokens"])))
            .BuildClass().Functions[0];
        return spec with
        {
            Root = spec.Root with { Functions = spec.Root.Functions.Append(embed).ToEquatableArray() },
            Entries = EquatableArray.Of(
                new EntrySpec("Forward", "All", EquatableArray<string?>.Empty),
                new EntrySpec("Embed", "All", EquatableArray<string?>.Empty)),
        };
    }
}
