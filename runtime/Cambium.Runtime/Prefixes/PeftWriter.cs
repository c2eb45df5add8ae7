using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Prefixes;

/// <summary>Writes prefixes that PEFT can load: keys and values at positions, and embeddings.</summary>
public static class PeftWriter
{
    /// <summary>Writes <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
    /// <param name="prefix">Of one part without attributes.</param>
    /// <param name="folder">The folder; it is created, and files of these names are replaced.</param>
    /// <param name="baseModel">Name or path of the base model, as PEFT notes it; null for none.</param>
    /// <exception cref="NotSupportedException">PEFT has no files for such a prefix; says why, and what to use.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public static void Save(Prefix prefix, string folder, string? baseModel = null)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(folder);
        if (prefix.Attributes.Count > 0 || prefix.Parts.Count != 1)
        {
            throw new NotSupportedException(
                $"'{prefix.Name}' has {prefix.Parts.Count} parts and {prefix.Attributes.Count} attributes, and a prefix of PEFT is one part; "
                + "save it with PrefixFile.Save.");
        }

        var config = new JsonObject
        {
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = baseModel,
            ["inference_mode"] = true,
            ["num_transformer_submodules"] = 1,
            ["revision"] = null,
            ["task_type"] = "CAUSAL_LM",
        };
        var writer = new SafetensorsWriter();
        writer.Metadata["format"] = "pt";
        switch (prefix.Parts[0])
        {
            case PrefixPart.Content { Data: RowData rows and not SideData, HasPositions: true }
                when PeftLayout.ShapeOf(rows.Sites) is var (layers, heads, size):
                config["peft_type"] = "PREFIX_TUNING";
                config["num_virtual_tokens"] = rows.Rows;
                config["num_layers"] = layers;
                config["num_attention_heads"] = heads;
                config["token_dim"] = heads * size;
                config["encoder_hidden_size"] = heads * size;
                config["prefix_projection"] = false;
                config["modules_to_save"] = null;
                writer.Add("prompt_embeddings", [rows.Rows, 2L * layers * heads * size], PeftLayout.Write(rows));
                break;
            case PrefixPart.Embeddings given:
                var width = given.Rows.Length / given.Count;
                config["peft_type"] = "PROMPT_TUNING";
                config["num_virtual_tokens"] = given.Count;
                config["num_layers"] = null;
                config["num_attention_heads"] = null;
                config["token_dim"] = width;
                config["prompt_tuning_init"] = "RANDOM";
                config["prompt_tuning_init_text"] = null;
                config["tokenizer_name_or_path"] = null;
                writer.Add("prompt_embeddings", [given.Count, width], given.Rows.ToArray());
                break;
            default:
                throw new NotSupportedException(
                    $"'{prefix.Name}' is neither rows at positions of equal layers nor embeddings, and PEFT has no files for it; "
                    + "save it with PrefixFile.Save.");
        }

        Directory.CreateDirectory(folder);
        // PEFT sorts the keys and indents by two spaces.
        var sorted = new JsonObject(config.OrderBy(static setting => setting.Key, StringComparer.Ordinal)
            .Select(static setting => KeyValuePair.Create(setting.Key, setting.Value?.DeepClone())));
        writer.Save(Path.Combine(folder, "adapter_model.safetensors"));
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), JsonText.Indented(sorted));
    }
}
