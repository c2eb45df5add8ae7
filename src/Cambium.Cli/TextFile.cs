namespace Cambium.Cli;

/// <summary>A text that an option names.</summary>
internal static class TextFile
{
    /// <param name="path">The file.</param>
    /// <param name="fix">What to do where it cannot be read, as a sentence.</param>
    /// <exception cref="UserException">It cannot be read.</exception>
    public static string Read(string path, string fix)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path}: cannot be read ({error.Message.TrimEnd('.')}). {fix}", error);
        }
    }
}
