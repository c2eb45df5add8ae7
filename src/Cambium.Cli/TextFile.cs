namespace Cambium.Cli;

/// <summary>Reads a text file that is named by an option.</summary>
internal static class TextFile
{
    /// <param name="path">The file.</param>
    /// <param name="fix">The last sentence of the error message: what to do if the file cannot be read.</param>
    /// <exception cref="UserException">The file cannot be read.</exception>
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
