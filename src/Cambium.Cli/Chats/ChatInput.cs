namespace Cambium.Cli.Chats;

/// <summary>Reads what is typed or piped: a line at a time, or several lines between two of <c>"""</c>.</summary>
internal sealed class ChatInput(Terminal terminal)
{
    private const string Quotes = "\"\"\"";

    /// <summary>The next text that says something, and whether it may be a command; null at the end of the input.</summary>
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

    // Who types sees that it is their turn; results stay free of it.
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
