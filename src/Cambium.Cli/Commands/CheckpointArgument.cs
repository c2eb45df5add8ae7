using System.CommandLine;

namespace Cambium.Cli.Commands;

/// <summary>The checkpoint that every command works on.</summary>
internal static class CheckpointArgument
{
    public static Argument<string> Create() => new("checkpoint")
    {
        Description = "Folder of a Hugging Face checkpoint (config.json and *.safetensors), or a GGUF file; the model class is chosen by 'architectures' in config.json, or by the file's general.architecture.",
    };

    /// <summary>A file beside the weights.</summary>
    public static string Beside(string checkpoint, string name) => Path.Combine(File.Exists(checkpoint) ? Path.GetDirectoryName(Path.GetFullPath(checkpoint))! : checkpoint, name);
}
