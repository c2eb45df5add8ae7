namespace Cambium.Generators.Diagnostics;

/// <summary>
/// The address of a diagnostic's page. The pages have no public address, so the package contains them in a folder next to the generator, and the link
/// leads to a file on the author's machine.
/// </summary>
internal static class HelpLink
{
    private const string Folder = "pages";

    public static string Of(string code)
    {
        // Empty where a host loads the generator from memory.
        var generator = typeof(HelpLink).Assembly.Location;
        return generator.Length == 0 ? "" : new Uri(Path.Combine(Path.GetDirectoryName(generator)!, Folder, code + ".md")).AbsoluteUri;
    }
}
