using System.Text;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Xunit;

namespace Cambium.Models.Tests.Settings;

/// <summary>Settings of config.json take part in the computation as in the reference implementation, or are named in a warning or an error.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void A_setting_that_is_not_read_is_a_warning()
    {
        Assert.Empty(Warnings("llama-linear-rope", static _ => { }));
        var warning = Assert.Single(Warnings("llama-linear-rope", static config => config["residual_multiplier"] = 0.22));
        Assert.Contains("config.json: field 'residual_multiplier' is 0.22, and the class does not read it", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rotary_setting_that_its_kind_does_not_read_is_a_warning() => Assert.Contains(
        "field 'rope_scaling.factor' is 4",
        Assert.Single(Warnings("qwen3", static config => config["rope_scaling"] = new JsonObject { ["factor"] = 4.0 }), static text =>
            text.Contains("factor")),
        StringComparison.Ordinal);

    [Fact]
    public void Unread_tensors_are_a_warning() => Assert.Contains(
        "9 of 21 tensors are not read by the class: model.layers.1.input_layernorm.weight",
        Assert.Single(Warnings("llama-linear-rope", static config => config["num_hidden_layers"] = 1)), StringComparison.Ordinal);

    [Fact]
    public void Mistral_has_a_window_of_4096_by_default()
    {
        const int length = 4400;
        float[] Logits(Action<JsonObject> edit) => LastLogits("mistral-window", length, config =>
        {
            config["max_position_embeddings"] = 8192;
            edit(config);
        });

        var absent = Logits(static config => config.Remove("sliding_window"));
        Assert.Equal(Logits(static config => config["sliding_window"] = 4096), absent);
        // Null turns the window off.
        Assert.NotEqual(Logits(static config => config["sliding_window"] = null), absent);
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void Layer_types_choose_the_layers_with_a_window(string fixture)
    {
        float[] Logits(Action<JsonObject> edit) => LastLogits(fixture, 40, config =>
        {
            (config["use_sliding_window"], config["sliding_window"]) = (true, 8);
            config.Remove("layer_types");
            edit(config);
        });

        var second = Logits(static config => config["layer_types"] = new JsonArray("full_attention", "sliding_attention"));
        Assert.Equal(Logits(static config => config["max_window_layers"] = 1), second);
        Assert.NotEqual(second, Logits(static config => config["layer_types"] = new JsonArray("sliding_attention", "full_attention")));
        // Of two layers, none is above the default of 28.
        var none = Logits(static config => config["use_sliding_window"] = false);
        Assert.Equal(none, Logits(static config => config.Remove("max_window_layers")));
        Assert.NotEqual(none, second);
    }

    [Fact]
    public void An_unknown_layer_type_is_refused() => Assert.Contains(
        "is 'linear_attention', expected 'FullAttention' or 'SlidingAttention'",
        Assert.Throws<CheckpointException>(() =>
            Warnings("qwen2", static config => config["layer_types"] = new JsonArray("full_attention", "linear_attention"))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_head_with_other_numbers_than_the_embedding_is_not_tied()
    {
        using var tied = new EditedCheckpoint("llama-linear-rope", static config => config["tie_word_embeddings"] = true);
        using var untied = new EditedCheckpoint("llama-linear-rope", static config => config["tie_word_embeddings"] = false);
        Assert.Equal(untied.LastLogits(20), tied.LastLogits(20));
        Assert.Contains("field 'tie_word_embeddings' is true, but tensor 'lm_head.weight' differs", Assert.Single(tied.Warnings()),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Models_compute_the_activation_of_their_config()
    {
        foreach (var (fixture, setting) in ((string, string)[])[("gpt2", "activation_function"), ("llama-linear-rope", "hidden_act")])
        {
            float[] Logits(string activation) => LastLogits(fixture, 20, config => config[setting] = activation);
            double Distance(float[] a, float[] b) => a.Zip(b, static (x, y) => Math.Abs((double)x - y)).Max();
            var (exact, tanh, relu, silu) = (Logits("gelu"), Logits("gelu_new"), Logits("relu"), Logits("silu"));
            Assert.Equal(tanh, Logits("gelu_pytorch_tanh"));
            // The two forms of GELU differ by less than 1e-3 per activation, the other activations by more.
            Assert.InRange(Distance(exact, tanh), 1e-7, 0.05);
            Assert.True(Distance(relu, tanh) > 0.05 && Distance(silu, tanh) > 0.05 && Distance(silu, relu) > 0.05);
        }
    }

    [Fact]
    public void Infinity_and_NaN_of_Python_load()
    {
        Assert.Empty(Warnings("qwen3", static _ => { }));
        using var checkpoint = new EditedCheckpoint("qwen3", static _ => { });
        var path = Path.Combine(checkpoint.Folder, "config.json");
        File.WriteAllText(path,
            File.ReadAllText(path).Insert(1, "\"initializer_range\": NaN, \"model_max_length\": Infinity, \"x\\\"Infinity\": \"NaN\","));
        Assert.Contains("'x\"Infinity' is \"NaN\"", Assert.Single(checkpoint.Warnings()), StringComparison.Ordinal);
        File.WriteAllText(path,
            File.ReadAllText(path).Replace("\"rms_norm_eps\":1E-06", "\"rms_norm_eps\":NaN")
            .Replace("\"rms_norm_eps\":1e-06", "\"rms_norm_eps\":NaN"));
        Assert.Contains("'rms_norm_eps': is \"NaN\", expected a number", Assert.Throws<CheckpointException>(checkpoint.Warnings).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public void A_pointer_of_Git_LFS_is_named(string file)
    {
        using var checkpoint = new EditedCheckpoint("qwen3", static _ => { });
        File.WriteAllText(Path.Combine(checkpoint.Folder, file), "version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 132\n");
        var message = Assert.Throws<CheckpointException>(checkpoint.Warnings).Message;
        Assert.Contains($"{file}: is a pointer of Git LFS", message, StringComparison.Ordinal);
        Assert.Contains("git lfs pull", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_name_of_a_tensor_that_is_read_is_not_a_warning()
    {
        using var checkpoint = new EditedCheckpoint("t5-encoder", static _ => { });
        var path = Path.Combine(checkpoint.Folder, "model.safetensors");
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors)
                writer.Add(tensor.Name, tensor.Shape.ToArray(), file.ReadFloats(tensor.Name));
            var shared = file.Tensors.Single(static tensor => tensor.Name == "shared.weight");
            writer.Add("encoder.embed_tokens.weight", shared.Shape.ToArray(), file.ReadFloats(shared.Name));
        }

        writer.Save(path);
        Assert.Empty(checkpoint.Warnings());
    }

    [Fact]
    public void A_tensor_of_an_unknown_dtype_is_an_error_only_if_it_is_read()
    {
        using var checkpoint = new EditedCheckpoint("llama-linear-rope", static config => config["num_hidden_layers"] = 1);
        var path = Path.Combine(checkpoint.Folder, "model.safetensors");
        void Retype(string tensor)
        {
            var text = File.ReadAllText(path, Encoding.Latin1);
            var at = text.IndexOf("\"F32\"", text.IndexOf($"\"{tensor}\"", StringComparison.Ordinal), StringComparison.Ordinal);
            File.WriteAllText(path, text.Remove(at, 5).Insert(at, "\"F4x\""), Encoding.Latin1);
        }

        Retype("model.layers.1.mlp.down_proj.weight");
        Assert.Contains("not read by the class", Assert.Single(checkpoint.Warnings()), StringComparison.Ordinal);
        Retype("model.layers.0.mlp.down_proj.weight");
        Assert.Contains(
            "tensor 'model.layers.0.mlp.down_proj.weight': is stored as F4x, expected F32",
                Assert.Throws<CheckpointException>(checkpoint.Warnings).Message,
            StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Warnings(string fixture, Action<JsonObject> edit)
    {
        using var checkpoint = new EditedCheckpoint(fixture, edit);
        return checkpoint.Warnings();
    }

    private static float[] LastLogits(string fixture, int length, Action<JsonObject> edit)
    {
        using var checkpoint = new EditedCheckpoint(fixture, edit);
        return checkpoint.LastLogits(length);
    }
}
