using System.Runtime.CompilerServices;

namespace Cambium;

/// <summary>What happens when a model's own text is run instead of read.</summary>
internal static class ReadNotRun
{
    public static NotSupportedException Error([CallerMemberName] string member = "") =>
        new($"'{member}' is read by Cambium's generator, not run: it only has a meaning inside a class with [Model] or [Block]. " +
            "Load the model with its generated entry point `YourModel.Load(folder)` and run it with an Engine.");
}
