using System.CommandLine;

namespace Cambium.Cli.Commands;

/// <summary>Which of a model's entry points runs.</summary>
internal static class EntryOption
{
    public static Option<string> Create() => new("--entry")
    {
        Description = "Entry point to run: the name of a method of the model's class. Its inputs beside the ids are tensors named after the parameters, such as types.0.",
        DefaultValueFactory = static _ => "Forward",
        HelpName = "name",
    };
}
