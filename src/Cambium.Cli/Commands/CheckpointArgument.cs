using System.CommandLine;

namespace Cambium.Cli.Commands;

/// <summary>The checkpoint argument, which every command has.</summary>
internal static class CheckpointArgument
{
    public static Argument<string> Create() => new("checkpoint")
    {
        Description = "Folder of a Hugging Face checkpoint (config.json and *.safetensors), or a GGUF file. The model class is chosen by "
            + "'architectures' in config.json, or by general.architecture of the GGUF file.",
    };

    /// <summary>The path of a file in the checkpoint folder, or in the folder of a GGUF file.</summary>
    public static string PathOf(string checkpoint, string name) =>
        Path.Combine(File.Exists(checkpoint) ? Path.GetDirectoryName(Path.GetFullPath(checkpoint))! : checkpoint, name);
}
