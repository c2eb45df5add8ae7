using System.Globalization;
using System.Text.Json;
using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Prefixes;

/// <summary>
/// Reads prompt-learning adapters as Hugging Face PEFT saves them: a folder with <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.
/// </summary>
internal sealed class PeftAdapter
{
    private const string ConfigName = "adapter_config.json";
    private const string WeightsName = "adapter_model.safetensors";
    private const string PickleName = "adapter_model.bin";
    private const string Embeddings = "prompt_embeddings";

    // Keys that say how the adapter was trained, or repeat what the tensors say.
    private static readonly HashSet<string> Harmless =
    [
        "auto_mapping", "base_model_name_or_path", "inference_mode", "peft_version", "revision", "runtime_config", "encoder_dropout",
        "encoder_hidden_size", "encoder_num_layers", "encoder_reparameterization_type", "init_weights", "prefix_projection", "prompt_tuning_init",
        "prompt_tuning_init_text", "prompt_tuning_init_state_dict_path", "tokenizer_kwargs", "tokenizer_name_or_path", "target_modules",
        "num_transformer_submodules", "task_type", "peft_type", "num_virtual_tokens", "token_dim", "num_attention_heads", "num_layers",
        "modules_to_save", "adapter_layers", "adapter_len",
    ];

    private readonly string _configPath;
    private readonly JsonElement _config;
    private readonly ModelGeometry _model;

    private PeftAdapter(string folder, ModelGeometry model)
    {
        _configPath = Path.Combine(folder, ConfigName);
        _config = JsonFile.Load(_configPath);
        _model = model;
    }

    /// <summary>Whether a path is a folder of an adapter.</summary>
    public static bool IsAt(string path) => File.Exists(Path.Combine(path, ConfigName));

    /// <summary>The <c>peft_type</c> of an adapter; empty if it has none.</summary>
    public static string KindOf(string folder) =>
        JsonFile.Load(Path.Combine(folder, ConfigName)).TryGetProperty("peft_type", out var kind) ? kind.ToString() : "";

    /// <summary>Reads an adapter for a model.</summary>
    /// <exception cref="CheckpointException">It is damaged, of a kind that cannot be served, or does not fit; names file, field, both values and the
    /// fix.</exception>
    public static Prefix Read(string folder, ModelGeometry model)
    {
        var adapter = new PeftAdapter(folder, model);
        var weights = Path.Combine(folder, WeightsName);
        if (!File.Exists(weights))
        {
            throw File.Exists(Path.Combine(folder, PickleName))
                ? new CheckpointException(
                    Path.Combine(folder, PickleName), null, "is a pickle file, which can run any code when it is read",
                    "Save the adapter again with safe_serialization=True.")
                : new CheckpointException(weights, null, "does not exist", $"Fetch it again; it belongs to {ConfigName}.");
        }

        using var file = SafetensorsFile.Open(weights);
        return adapter.Read(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), file);
    }

    private Prefix Read(string name, SafetensorsFile file)
    {
        RequireCausal();
        if (_config.TryGetProperty("modules_to_save", out var modules) && modules.ValueKind == JsonValueKind.Array && modules.GetArrayLength() > 0)
            throw Error("modules_to_save", $"is {modules}", "A prefix has no weights of other modules; leave them out, or save the merged model.");
        (string Method, PrefixPart Part) read = Text("peft_type") switch
        {
            "PREFIX_TUNING" => ("prefix-tuning", Rows(file)),
            "PROMPT_TUNING" => ("prompt-tuning", Prompt(file)),
            "P_TUNING" => ("p-tuning", Prompt(file)),
            "ADAPTION_PROMPT" => ("adaption-prompt", Adaption(file)),
            "LORA" => throw Error("peft_type", "is LORA",
                "LoRA changes weights and not the prefix; load it with the model: LoadOptions.Adapters."),
            var other => throw Error(
                "peft_type", $"is {other}, expected PREFIX_TUNING, PROMPT_TUNING, P_TUNING or ADAPTION_PROMPT",
                "Other adapters are not prefixes; merge them into the model before it is loaded."),
        };
        return new Prefix { Name = name, Method = read.Method, Parts = [read.Part], Warnings = [.. Warnings()] };
    }

    private IEnumerable<string> Warnings()
    {
        foreach (var setting in _config.EnumerateObject())
        {
            if (!Harmless.Contains(setting.Name) && setting.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                yield return $"{_configPath}: {setting.Name} is {setting.Value}, which is passed over.";
        }

        if (_config.TryGetProperty("base_model_name_or_path", out var named) && named.ValueKind == JsonValueKind.String
            && named.GetString() is { Length: > 0 } name && _model.Name is { } own && !IsSameName(name, own))
        {
            yield return $"{_configPath}: base_model_name_or_path is '{name}', and the model was loaded from '{own}'. "
                + "If they are different models, the answers are meaningless.";
        }
    }

    // A relative path says nothing about the model; of others, the last name counts.
    private static bool IsSameName(string name, string own)
    {
        if (name.Trim('.', '/', '\\').Length == 0)
            return true;
        var last = name.TrimEnd('/', '\\').Split('/', '\\')[^1];
        return own.Contains(last, StringComparison.OrdinalIgnoreCase);
    }

    private void RequireCausal()
    {
        if (_config.TryGetProperty("task_type", out var task) && task.ValueKind == JsonValueKind.String && task.GetString() is "SEQ_2_SEQ_LM")
        {
            throw Error(
                "task_type", "is SEQ_2_SEQ_LM, expected CAUSAL_LM",
                "PEFT applies such a prefix to the decoder of an encoder-decoder model, which Cambium does not have.");
        }
    }

    private PrefixPart.Content Rows(SafetensorsFile file)
    {
        var rows = Count("num_virtual_tokens");
        var (layers, heads, size) = _model.KeyValue(_configPath);
        Require("num_layers", layers, "layers");
        Require("num_attention_heads", heads, "key/value heads");
        Require("token_dim", heads * size, "numbers in the keys of a layer");
        var width = checked(2L * layers * heads * size);
        var numbers = Floats(file, Embeddings, [rows, width]);

        return new PrefixPart.Content(PeftLayout.Read(numbers, rows, _model.Sites), HasPositions: true);
    }

    private PrefixPart.Embeddings Prompt(SafetensorsFile file)
    {
        var rows = Count("num_virtual_tokens");
        if (Number("num_transformer_submodules") is { } submodules and not 1)
            throw Error("num_transformer_submodules", $"is {submodules}, expected 1", "Only decoder-only models are served.");
        if (Number("token_dim") is { } width && width != _model.Width)
            throw Error("token_dim", $"is {width}, and the model's embeddings have {_model.Width} numbers", "Use the model it was trained for.");
        return new PrefixPart.Embeddings(Floats(file, Embeddings, [rows, _model.Width]), rows);
    }

    private PrefixPart.Adaption Adaption(SafetensorsFile file)
    {
        var rows = Count("adapter_len");
        var layers = new AdaptionLayer?[_model.Layers];
        foreach (var tensor in file.Tensors)
        {
            const string suffix = ".adaption_prompt";
            if (!tensor.Name.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            var path = tensor.Name[..^suffix.Length];
            var number = Array.FindIndex(path.Split('.'), static part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
            var layer = number < 0 ? -1 : int.Parse(path.Split('.')[number], CultureInfo.InvariantCulture);
            if ((uint)layer >= (uint)layers.Length)
            {
                throw new CheckpointException(
                    file.Path, tensor.Name, $"is of layer {layer}, and the model has {layers.Length} layers", "Use the model it was trained for.");
            }

            var prompt = Floats(file, tensor.Name, [1, rows, _model.Width]);
            layers[layer] = new AdaptionLayer(prompt, rows, Floats(file, path + ".adaption_gate", [1])[0]);
        }

        var wanted = Count("adapter_layers");
        var found = layers.Count(static layer => layer is not null);
        return found == wanted
            ? new PrefixPart.Adaption(layers)
            : throw Error("adapter_layers", $"is {wanted}, and {file.Path} has prompts for {found} layers", "Fetch both files again.");
    }

    // Sizes are compared before anything is allocated: the tensor's bytes are in the file.
    private float[] Floats(SafetensorsFile file, string name, ReadOnlySpan<long> shape)
    {
        var tensor = file.Require(name);
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new CheckpointException(
                file.Path, name, $"has shape {tensor.ShapeText}, expected [{string.Join(", ", shape.ToArray())}] by {ConfigName} and the model",
                "Use the model it was trained for.");
        }

        var numbers = file.ReadFloats(name);
        return Array.TrueForAll(numbers, float.IsFinite)
            ? numbers
            : throw new CheckpointException(
                file.Path, name, "has NaN or infinity", "The adapter is damaged or its training diverged; train it again.");
    }

    private void Require(string field, int expected, string what)
    {
        if (Number(field) is { } found && found != expected)
            throw Error(field, $"is {found}, and the model has {expected} {what}", "Use the model it was trained for.");
    }

    private int Count(string field)
    {
        var count = Number(field) ?? throw Error(field, "is missing", "Fetch the file again.");
        return count is >= 1 and <= int.MaxValue ? (int)count : throw Error(field, $"is {count}, expected at least 1", "Fetch the file again.");
    }

    private long? Number(string field) =>
        !_config.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
        : throw Error(field, $"is {value}, expected a whole number", "Fetch the file again.");

    private string Text(string field) =>
        _config.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Error(field, "is missing or not a string", "This is not a configuration of PEFT; fetch it again.");

    private CheckpointException Error(string field, string problem, string fix) => new(_configPath, field, problem, fix);
}
