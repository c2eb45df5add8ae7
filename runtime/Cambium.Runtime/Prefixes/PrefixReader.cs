using Cambium.Checkpoints;

namespace Cambium.Runtime.Prefixes;

/// <summary>Reads prefixes of all formats.</summary>
public static class PrefixReader
{
    /// <summary>Whether a path is the folder of a LoRA adapter, which belongs to the weights: <see cref="Loading.LoadOptions.Adapters"/>.</summary>
    public static bool IsLora(string path) => PeftAdapter.IsAt(path) && PeftAdapter.KindOf(path) == "LORA";

    /// <summary>Reads a prefix for a model.</summary>
    /// <param name="path">A folder of PEFT, or a <see cref="PrefixFile"/>.</param>
    /// <param name="model">The model that it is for: sizes are compared with it.</param>
    /// <exception cref="CheckpointException">It is damaged or does not fit; names file, field, both values and the fix.</exception>
    public static Prefix Read(string path, CompiledModel model)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(model);
        if (Directory.Exists(path))
        {
            return PeftAdapter.IsAt(path)
                ? PeftAdapter.Read(path, new ModelGeometry(model))
                : throw new CheckpointException(
                    path, null, "has no adapter_config.json", "Give the folder of a PEFT adapter, or the file of a prefix.");
        }

        return File.Exists(path)
            ? PrefixFile.Read(path, new ModelGeometry(model))
            : throw new CheckpointException(path, null, "does not exist", "Check the path.");
    }
}
