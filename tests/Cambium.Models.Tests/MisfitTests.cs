using System.Text;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>A checkpoint that is not the class's own says so as a whole.</summary>
public sealed class MisfitTests
{
    [Fact]
    public void One_layer_too_many_and_another_width_are_one_list()
    {
        var message = Refusal(
            [("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"), ("\"intermediate_size\": 80", "\"intermediate_size\": 81")],
            [("model.norm.weight", "model.nrom.weight")]);
        Assert.Contains(": does not fit the class: 10 missing, 6 of another shape, 0 of a type that cannot be read, 1 not read by the class.\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.layers.2.mlp.down_proj.weight [48, 81]\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.norm.weight [48], nearest 'model.nrom.weight'\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.layers.1.mlp.gate_proj.weight has the shape [80, 48], expected [81, 48]\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.nrom.weight\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Optional_weights_are_expected_where_the_configuration_asks_for_them()
    {
        var message = Refusal([("\"attention_bias\": false", "\"attention_bias\": true")], []);
        Assert.Contains(": does not fit the class: 8 missing, 0 of another shape, 0 of a type that cannot be read, 0 not read by the class.\n", message, StringComparison.Ordinal);
        Assert.Contains("\n  model.layers.1.self_attn.q_proj.bias [48]\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_that_is_not_tied_is_expected() => Assert.Contains(
        "'lm_head.weight': is missing",
        Refusal([], [("lm_head.weight", "lm_haed.weight")]),
        StringComparison.Ordinal);

    [Fact]
    public void A_tied_weight_is_not_expected_and_not_read() =>
        Assert.Equal(["lm_head.weight"], Unread([("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true")]));

    [Fact]
    public void Tensors_that_are_not_read_do_not_keep_a_model_from_loading()
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
        var folder = Directory.CreateTempSubdirectory("cambium-misfit-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(Fixtures.InRepository("llama-linear-rope")))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            Replace(Path.Combine(folder, "config.json"), settings);
            Replace(Path.Combine(folder, "model.safetensors"), tensors);
            return use(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Latin-1 keeps every byte; names keep their lengths, so offsets in a header stay right.
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
