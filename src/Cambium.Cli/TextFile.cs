using System.Text;

namespace Cambium.Cli;

/// <summary>Reads texts that are named by options.</summary>
internal static class TextFile
{
    /// <summary>UTF-8 without a byte order mark; invalid bytes are an error.</summary>
    public static Encoding Strict { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file in UTF-8, or in the encoding of its byte order mark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fix">The last sentence of the error message: what to do if the file cannot be read.</param>
    /// <exception cref="UserException">The file cannot be read, or is not valid in its encoding.</exception>
    public static string Read(string path, string fix)
    {
        try
        {
            return File.ReadAllText(path, Strict);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path}: cannot be read ({error.Message.TrimEnd('.')}). {fix}", error);
        }
        catch (DecoderFallbackException error)
        {
            throw NotUtf8(path, error);
        }
    }

    /// <summary>Reads all of standard input, without its last line break.</summary>
    /// <exception cref="UserException">It is closed, cannot be read, or is not valid UTF-8.</exception>
    public static string ReadInput(Terminal terminal)
    {
        if (terminal.IsInputClosed)
            throw new UserException("Standard input is closed. Give the text as an argument, or pipe it in.");
        string text;
        try
        {
            text = terminal.In.ReadToEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                $"Standard input cannot be read ({error.Message.TrimEnd('.')}). Give the text as an argument, or pipe it in.", error);
        }

        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <summary>The error for bytes that are not text.</summary>
    public static UserException NotUtf8(string name, DecoderFallbackException error)
    {
        var bytes = string.Join(' ',
            (error.BytesUnknown ?? []).Select(static one => one.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));
        return new UserException($"{name}: is not valid UTF-8 (bytes {bytes}). Convert it to UTF-8, or add the byte order mark of its encoding.",
            error);
    }
}
