using System.Security.Cryptography;
using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Runtime.Loading;

/// <summary>
/// Adds a LoRA adapter (Hu et al. 2021) to the weights of a checkpoint: W + alpha / r * B A. The merged matrices are f32 in memory until they are
/// packed.
/// </summary>
internal sealed unsafe class LoraAdapter
{
    private const string Before = "base_model.model.";
    private const string A = ".lora_A.weight";
    private const string B = ".lora_B.weight";

    private readonly string _configPath;
    private readonly JsonElement _config;

    private LoraAdapter(string folder)
    {
        _configPath = Path.Combine(folder, "adapter_config.json");
        _config = JsonFile.Load(_configPath);
    }

    /// <summary>Merges an adapter.</summary>
    /// <param name="folder">A folder of PEFT.</param>
    /// <param name="files">The checkpoint; its tensors are replaced.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    /// <returns>A digest of the adapter.</returns>
    /// <exception cref="CheckpointException">The adapter is damaged, of a kind that cannot be merged, or does not fit.</exception>
    public static byte[] Merge(string folder, CheckpointFiles files, CancellationToken cancellation)
    {
        var adapter = new LoraAdapter(folder);
        adapter.RequirePlain();
        using var weights = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"), cancellation);
        var merged = new MemoryTensorFile(weights.Path);
        try
        {
            var replaced = new List<(string, StoredTensor)>();
            foreach (var tensor in weights.Tensors)
            {
                cancellation.ThrowIfCancellationRequested();
                if (tensor.Name.EndsWith(A, StringComparison.Ordinal))
                    replaced.Add(adapter.Merge(weights, tensor, files, merged));
                else if (!tensor.Name.EndsWith(B, StringComparison.Ordinal))
                    throw new CheckpointException(
                        weights.Path, tensor.Name, "is neither lora_A nor lora_B of a linear layer", "Merge this adapter with PEFT first.");
            }

            if (replaced.Count == 0)
                throw new CheckpointException(weights.Path, null, "has no tensor that ends with lora_A.weight", "Fetch the file again.");
            files.Replace(merged, replaced);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in (ReadOnlySpan<string>)[adapter._configPath, weights.Path])
                hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
            return hash.GetHashAndReset();
        }
        catch
        {
            merged.Dispose();
            throw;
        }
    }

    // Settings that change what is added. None of them may be passed over.
    private void RequirePlain()
    {
        var kind = _config.TryGetProperty("peft_type", out var type) ? type.ToString() : "missing";
        if (kind != "LORA")
            throw Error("peft_type", $"is {kind}, expected LORA", "Prefixes are loaded by the engine: Engine.LoadPrefix, or --prefix.");
        foreach (var setting in (ReadOnlySpan<string>)["use_dora", "use_bdlora", "lora_bias", "modules_to_save", "layer_replication", "use_qalora",
            "alora_invocation_tokens", "trainable_token_indices", "target_parameters", "velora_config", "monteclora_config", "kasa_config"])
        {
            if (IsSet(setting))
                throw Error(setting, $"is {_config.GetProperty(setting)}", "Merge this adapter with PEFT first.");
        }

        foreach (var setting in (ReadOnlySpan<string>)["rank_pattern", "alpha_pattern"])
        {
            if (_config.TryGetProperty(setting, out var pattern) && pattern.ValueKind == JsonValueKind.Object && pattern.EnumerateObject().Any())
                throw Error(setting, $"is {pattern}, expected none", "Merge this adapter with PEFT first.");
        }

        if (_config.TryGetProperty("bias", out var bias) && bias.ToString() is not ("none" or ""))
            throw Error("bias", $"is {bias}, expected none", "Merge this adapter with PEFT first.");
    }

    private bool IsSet(string setting) => _config.TryGetProperty(setting, out var value) && value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => true,
    };

    private (string, StoredTensor) Merge(SafetensorsFile weights, TensorInfo a, CheckpointFiles files, MemoryTensorFile merged)
    {
        var module = a.Name[..^A.Length];
        var b = weights.Require(module + B);
        var name = (module.StartsWith(Before, StringComparison.Ordinal) ? module[Before.Length..] : module) + ".weight";
        var stored = files.Require(name);
        if (a.Shape is not [>= 1 and var rank, var inputs] || b.Shape is not [var outputs, var otherRank] || rank != otherRank)
            throw new CheckpointException(weights.Path, a.Name, $"is {a.ShapeText}, and lora_B {b.ShapeText}", "Fetch the file again.");
        var isPlain = stored.Tensor.Shape.SequenceEqual([outputs, inputs]);
        var isFlipped = stored.Tensor.Shape.SequenceEqual([inputs, outputs]);
        if (!isPlain && !isFlipped)
        {
            throw new CheckpointException(
                weights.Path, module, $"changes a matrix [{outputs}, {inputs}], and '{name}' of the model is {stored.Tensor.ShapeText}",
                "Use the model that the adapter was trained for.");
        }

        // A square matrix does not show whether a layer stores its inputs first (Conv1D of GPT-2).
        if (isPlain && isFlipped)
            isPlain = !IsSet("fan_in_fan_out") || stored.IsTransposed;
        if (stored.Tensor.Type.Blocks() is not null)
        {
            throw new CheckpointException(
                stored.File.Path, $"tensor '{name}'", $"is quantized ({stored.Tensor.TypeName}), so that an adapter cannot be added exactly",
                "Merge the adapter into the unquantized model, and quantize the result.");
        }

        var (tensor, address) = merged.Add(stored.Tensor.Name, stored.Tensor.Shape);
        var target = (float*)address;
        stored.Widen(0, stored.Tensor.Elements, target);
        Add(target, weights.ReadFloats(a.Name), weights.ReadFloats(b.Name), (int)rank, isPlain, Scale((int)rank));
        return (name, new StoredTensor(merged, tensor, 0, stored.IsTransposed));
    }

    private static void Add(float* target, float[] a, float[] b, int rank, bool isPlain, double scale)
    {
        int inputs = a.Length / rank, outputs = b.Length / rank;
        var row = new double[inputs];
        for (var output = 0; output < outputs; output++)
        {
            Array.Clear(row);
            for (var r = 0; r < rank; r++)
            {
                for (var input = 0; input < inputs; input++)
                    row[input] += (double)b[(output * rank) + r] * a[(r * inputs) + input];
            }

            for (var input = 0; input < inputs; input++)
            {
                var at = isPlain ? ((nint)output * inputs) + input : ((nint)input * outputs) + output;
                target[at] = (float)(target[at] + (scale * row[input]));
            }
        }
    }

    private double Scale(int rank)
    {
        if (!_config.TryGetProperty("lora_alpha", out var value) || value.ValueKind != JsonValueKind.Number)
            throw Error("lora_alpha", "is missing or not a number", "Fetch the file again.");
        return value.GetDouble() / (IsSet("use_rslora") ? Math.Sqrt(rank) : rank);
    }

    private CheckpointException Error(string field, string problem, string fix) => new(_configPath, field, problem, fix);
}
