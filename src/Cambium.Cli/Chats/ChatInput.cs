namespace Cambium.Cli.Chats;

/// <summary>Reads messages: one line each, or several lines between two lines of <c>"""</c>.</summary>
internal sealed class ChatInput(Terminal terminal)
{
    private const string Quotes = "\"\"\"";

    /// <summary>The next text that is not blank, and whether it may be a command; null at the end of the input.</summary>
    public async Task<(string Text, bool MayBeCommand)?> ReadAsync(CancellationToken cancellation)
    {
        while (await LineAsync("> ", cancellation) is { } line)
        {
            var isBlock = line.Trim() == Quotes;
            var text = isBlock ? await BlockAsync(cancellation) : line;
            if (!string.IsNullOrWhiteSpace(text))
                return (text, !isBlock);
        }

        return null;
    }

    private async Task<string> BlockAsync(CancellationToken cancellation)
    {
        var lines = new List<string>();
        while (await LineAsync(". ", cancellation) is { } line && line.Trim() != Quotes)
            lines.Add(line);
        return string.Join('\n', lines);
    }

    // The prompt sign goes to standard error, so that standard output has answers only.
    private async Task<string?> LineAsync(string sign, CancellationToken cancellation)
    {
        if (terminal.IsTyped)
        {
            await terminal.Error.WriteAsync(sign);
            await terminal.Error.FlushAsync(cancellation);
        }

        return await terminal.In.ReadLineAsync(cancellation);
    }
}
