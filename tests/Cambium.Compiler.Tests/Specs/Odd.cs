using Cambium.Compiler.Spec;

namespace Cambium.Tests.Specs;

/// <summary>
/// A model that does not exist elsewhere: a scaled embedding, attention parallel to the feed-forward part, queries normed by head, a distance
/// penalty in the scores, squared ReLU, and a head tied to the embedding.
/// </summary>
public static class Odd
{
    public static ModelSpec Spec { get; } = Make();

    private static ModelSpec Make()
    {
        var layer = new SpecBuilder("OddLayer")
            .Dim("Width", "width")
            .Dim("Speakers", "speakers")
            .Dim("Voice", "voice")
            .Dim("Wide", "wide")
            .Weight("Gain", "gain", "Width")
            .Weight("Shift", "shift", "Width")
            .Weight("VoiceGain", "voice_gain", "Voice")
            .Weight("Slope", "slope", "Speakers")
            .Weight("Ask", "ask", "Speakers * Voice, Width")
            .Weight("Tell", "tell", "Speakers * Voice, Width")
            .Weight("Say", "say", "Speakers * Voice, Width")
            .Weight("Merge", "merge", "Width, Speakers * Voice")
            .Weight("Widen", "widen", "Wide, Width")
            .Weight("Narrow", "narrow", "Width, Wide")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f
                .Set("h", f.Op("LayerNorm", f["x"], f["Gain"], f["Shift"], f.Float(1e-5)))
                .Set("wide", f.Op("Square", f.Op("Relu", f.Op("Linear", f["h"], f["Widen"]))))
                .Set("say", f.Reshape(f.Op("Linear", f["h"], f["Say"]), f["Speakers"], f["Voice"]))
                .Set("tell", f.Reshape(f.Op("Linear", f["h"], f["Tell"]), f["Speakers"], f["Voice"]))
                .Set("ask", f.Op("RmsNorm", f.Reshape(f.Op("Linear", f["h"], f["Ask"]), f["Speakers"], f["Voice"]), f["VoiceGain"], f.Float(1e-6)))
                .Set("seen", f.Op("Attend", f["ask"], f["tell"], f["say"], null, null, f.Score((s, at) =>
                    f.Op("Subtract", s, f.Op("Multiply", f.Op("Gather", f["Slope"], at("Head")), f.Op("Subtract", at("Query"), at("Key")))))))
                .Set("left", f.Op("Add", f["x"], f.Op("Linear", f["wide"], f["Narrow"])))
                .Return(f.Op("Add", f["left"], f.Op("Linear", f.Reshape(f["seen"], f.Op("Multiply", f["Speakers"], f["Voice"])), f["Merge"]))));

        return new SpecBuilder("Odd")
            .Dim("Width", "width")
            .Dim("Depth", "depth")
            .Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Width")
            .Weight("Gain", "gain", "Width")
            .Child("Layers", "layers.{i}", layer, "Depth")
            .Forward(static f => f
                .Set("x", f.Op("Multiply", f.Op("Gather", f["Table"], f["tokens"]), f.Op("Sqrt", f["Width"])))
                .ForEach("layer", "Layers", static loop => loop.Set("x", loop.Call("layer", "Forward", loop["x"])))
                .Return(f.Op("Linear", f.Op("RmsNorm", f["x"], f["Gain"], f.Float(1e-6)), f["Table"])))
            .Build(layer);
    }
}
