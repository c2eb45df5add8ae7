using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Xunit;

namespace Cambium.Models.Tests.Settings;

/// <summary>
/// <c>SETTINGS.md</c> of Cambium.Models lists every key that a class reads, and every key that the reference implementation's configuration of the
/// class has: each is read, checked or harmless.
/// </summary>
public sealed class SettingsTableTests
{
    // Keys of every configuration class of transformers 5, and those that older versions wrote.
    private static readonly string[] OfEveryConfig =
    [
        "_name_or_path", "architectures", "model_type", "transformers_version", "torch_dtype", "dtype", "bos_token_id", "eos_token_id",
            "pad_token_id",
        "use_cache", "initializer_range", "id2label", "label2id", "problem_type", "chunk_size_feed_forward", "is_encoder_decoder", "is_decoder",
        "add_cross_attention", "cross_attention_hidden_size", "tie_encoder_decoder", "tie_word_embeddings", "output_attentions",
            "output_hidden_states",
        "return_dict", "torchscript", "use_bfloat16", "pruned_heads", "finetuning_task", "task_specific_params", "tokenizer_class", "prefix",
        "sep_token_id", "decoder_start_token_id", "gradient_checkpointing",
    ];

    private static readonly string[] OfLlama =
    [
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "hidden_act",
        "max_position_embeddings", "rms_norm_eps", "rope_parameters", "rope_theta", "rope_scaling", "attention_dropout",
    ];

    private static readonly (string Class, string Fixture, string[] Keys)[] Classes =
    [
        ("Llama", "llama-bf16-sharded", [.. OfLlama, "attention_bias", "mlp_bias", "head_dim", "pretraining_tp", "rope_interleaved"]),
        ("Mistral", "mistral-window", [.. OfLlama, "sliding_window", "head_dim"]),
        ("Qwen2", "qwen2", [.. OfLlama, "use_sliding_window", "sliding_window", "max_window_layers", "layer_types", "use_mrope"]),
        ("Qwen3", "qwen3", [.. OfLlama, "attention_bias", "head_dim", "use_sliding_window", "sliding_window", "max_window_layers", "layer_types"]),
        ("Gpt2", "gpt2",
        [
            "vocab_size", "n_positions", "n_ctx", "n_embd", "n_layer", "n_head", "n_inner", "activation_function", "resid_pdrop", "embd_pdrop",
                "attn_pdrop",
            "layer_norm_epsilon", "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout",
            "scale_attn_weights", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn",
        ]),
        ("T5Encoder", "t5-encoder",
        [
            "vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers", "num_heads", "relative_attention_num_buckets",
            "relative_attention_max_distance", "dropout_rate", "layer_norm_epsilon", "initializer_factor", "feed_forward_proj", "is_gated_act",
            "dense_act_fn", "classifier_dropout", "scale_decoder_outputs", "n_positions", "output_past",
        ]),
    ];

    [Fact]
    public void Every_key_of_the_reference_is_in_the_table()
    {
        var lines = new List<string> { $"| every class | | | {List(OfEveryConfig.Where(HarmlessSettings.Contains))} |" };
        foreach (var (name, fixture, keys) in Classes)
        {
            using var model = Zoo.Load(Fixtures.InRepository(fixture));
            var config = model.Checkpoint.Config;
            var (read, harmless) = ((List<string>)[], (List<string>)[]);
            foreach (var key in keys.Concat(OfEveryConfig).Concat(config.ReadKeys).Distinct().Order(StringComparer.Ordinal))
            {
                if (config.IsRead(key))
                    read.Add(key);
                else
                    harmless.Add(key);
            }

            Assert.All(harmless, key =>
                Assert.True(HarmlessSettings.Contains(key), $"{name} neither reads '{key}' nor declares it with [Expects] or [Ignores]"));
            var (refused, ignored) = (Named<ExpectsAttribute>(model.GetType(), static one => [one.Path]),
                Named<IgnoresAttribute>(model.GetType(), static one => one.Paths));
            var unimportant = harmless.Except(OfEveryConfig).Concat(ignored.Intersect(read));
            lines.Add($"| `{name}` | {List(read.Except(refused).Except(ignored))} | {List(read.Intersect(refused))} | {List(unimportant)} |");
        }

        var page = File.ReadAllLines(Repository.At("src", "Cambium.Models", "SETTINGS.md"));
        Assert.True(
            lines.SequenceEqual(page.Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)),
            "The table of src/Cambium.Models/SETTINGS.md should be:\n" + string.Join('\n', lines));
    }

    private static string List(IEnumerable<string> keys) => string.Join(", ", keys.Order(StringComparer.Ordinal));

    // Attributes of a class, its base classes and its blocks.
    private static HashSet<string> Named<T>(Type type, Func<T, IReadOnlyList<string>> paths)
        where T : Attribute
    {
        var (open, seen) = (new Stack<Type>([type]), new HashSet<Type>());
        while (open.TryPop(out var at))
        {
            if (at.Namespace != "Cambium.Models" || !seen.Add(at))
                continue;
            if (at.BaseType is { } extended)
                open.Push(extended);
            foreach (var property in at.GetProperties())
            {
                foreach (var used in property.PropertyType.GetGenericArguments().Append(property.PropertyType))
                    open.Push(used);
            }
        }

        return [.. seen.SelectMany(static one => one.GetCustomAttributes(typeof(T), inherit: false).Cast<T>()).SelectMany(paths)];
    }
}
