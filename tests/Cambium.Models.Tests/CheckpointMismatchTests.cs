using System.Text;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>A checkpoint that does not match its class is refused with a list of all mismatches.</summary>
public sealed class CheckpointMismatchTests
{
    [Fact]
    public void All_mismatches_are_reported_in_one_list()
    {
        var message = Refusal(
            [("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"), ("\"intermediate_size\": 80", "\"intermediate_size\": 81")],
            [("model.norm.weight", "model.nrom.weight")]);
        Assert.Contains(": does not fit the class: 10 missing, 6 of another shape, 0 of a type that cannot be read, 1 not read by the class.\n",
            message, StringComparison.Ordinal);
        Assert.Contains("\n  model.layers.2.mlp.down_proj.weight [48, 81]\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.norm.weight [48], nearest 'model.nrom.weight'\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.layers.1.mlp.gate_proj.weight has the shape [80, 48], expected [81, 48]\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.nrom.weight\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Optional_weights_are_required_if_the_config_asks()
    {
        var message = Refusal([("\"attention_bias\": false", "\"attention_bias\": true")], []);
        Assert.Contains(": does not fit the class: 8 missing, 0 of another shape, 0 of a type that cannot be read, 0 not read by the class.\n",
            message, StringComparison.Ordinal);
        Assert.Contains("\n  model.layers.1.self_attn.q_proj.bias [48]\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_untied_weight_is_required() => Assert.Contains(
        "'lm_head.weight': is missing",
        Refusal([], [("lm_head.weight", "lm_haed.weight")]),
        StringComparison.Ordinal);

    [Fact]
    public void A_tied_weight_with_other_numbers_is_read() =>
        Assert.Empty(Unread([("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true")]));

    [Fact]
    public void Unused_tensors_do_not_prevent_loading()
    {
        var unread = Unread([("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1")]);
        Assert.Equal(9, unread.Count);
        Assert.All(unread, static name => Assert.StartsWith("model.layers.1.", name, StringComparison.Ordinal));
        Assert.Empty(Unread([]));
    }

    private static string Refusal((string From, string To)[] settings, (string From, string To)[] tensors) =>
        Edited(settings, tensors, static folder => Assert.Throws<CheckpointException>(() => Llama.Load(folder).Dispose()).Message);

    private static IReadOnlyList<string> Unread((string From, string To)[] settings) => Edited(settings, [], static folder =>
    {
        using var model = Llama.Load(folder);
        return model.Checkpoint.UnreadTensors;
    });

    private static T Edited<T>((string From, string To)[] settings, (string From, string To)[] tensors, Func<string, T> use)
    {
        using var temporary = new TemporaryFolder();
        var folder = temporary.Copy(Fixtures.InRepository("llama-linear-rope"));
        Replace(Path.Combine(folder, "config.json"), settings);
        Replace(Path.Combine(folder, "model.safetensors"), tensors);
        return use(folder);
    }

    // Latin-1 keeps all bytes, and the names keep their lengths, so that the offsets in the header stay valid.
    private static void Replace(string file, (string From, string To)[] edits)
    {
        var text = File.ReadAllText(file, Encoding.Latin1);
        foreach (var (from, to) in edits)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        File.WriteAllText(file, text, Encoding.Latin1);
    }
}
