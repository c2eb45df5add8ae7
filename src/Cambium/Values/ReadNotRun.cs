using System.Runtime.CompilerServices;

namespace Cambium;

/// <summary>The error of a call at run time: the operations exist only for the generator.</summary>
internal static class ReadNotRun
{
    public static NotSupportedException Error([CallerMemberName] string member = "") =>
        new($"'{member}' is compiled by Cambium's generator, not run: it has a meaning only inside a class with [Model] or [Block]. " +
            "Load the model with its generated entry point `YourModel.Load(folder)` and run it with an Engine.");
}
