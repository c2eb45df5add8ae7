using System.CommandLine;

namespace Cambium.Cli.Commands;

/// <summary>The folder that every command works on.</summary>
internal static class CheckpointArgument
{
    public static Argument<string> Create() => new("checkpoint")
    {
        Description = "Folder of a Hugging Face checkpoint: config.json and *.safetensors; the model class is chosen by 'architectures' in config.json.",
    };
}
