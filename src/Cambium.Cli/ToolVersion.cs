using System.Reflection;

namespace Cambium.Cli;

/// <summary>The version of the tool.</summary>
internal static class ToolVersion
{
    /// <summary>The version as the package has it.</summary>
    // Not that of the entry assembly, which in tests is the test host. The SDK appends the commit after a '+'.
    public static string Text { get; } =
        typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
