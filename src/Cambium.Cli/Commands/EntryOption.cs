using System.CommandLine;

namespace Cambium.Cli.Commands;

/// <summary>The option that selects an entry point of the model.</summary>
internal static class EntryOption
{
    public static Option<string> Create() => new("--entry")
    {
        Description = "Entry point: the name of a method of the model class. Its inputs other than the ids are tensors named after the parameters, "
            + "such as types.0.",
        DefaultValueFactory = static _ => "Forward",
        HelpName = "name",
    };
}
