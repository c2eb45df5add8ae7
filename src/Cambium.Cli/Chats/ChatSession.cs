using System.Text;
using Cambium.Cli.Answers;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

namespace Cambium.Cli.Chats;

/// <summary>One chat: reads messages and commands, streams answers, keeps the history.</summary>
/// <param name="client">The model.</param>
/// <param name="history">The conversation so far; answered messages are added.</param>
/// <param name="request">Sampling and limits of each answer.</param>
internal sealed class ChatSession(IChatClient client, ChatHistory history, Request request, Terminal terminal)
{
    private const string NothingYet = "[the conversation is empty]";

    private const string Help = """"
        /help            lists these commands
        /system [text]   sets the system prompt; without text, removes it
        /retry           generates another answer to the last message
        /undo            removes the last message and its answer
        /reset           clears the conversation
        /exit            ends the chat, like the end of the input
        """              starts and ends a message of several lines
        Start a message that begins with '/' with '//'. Ctrl-C stops the current answer; when no answer is running, it ends the chat.
        """";

    private readonly ChatOptions _options = new() { RawRepresentationFactory = _ => request };
    private readonly Lock _gate = new();
    private CancellationTokenSource? _answering;

    /// <exception cref="UserException">A message or command cannot be served, and the input is a pipe, so no user can correct it.</exception>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using var interrupts = terminal.OnInterrupt(EndAnswer);
        var input = new ChatInput(terminal);
        if (terminal.IsTyped)
            await terminal.Error.WriteLineAsync("/help lists commands.");
        while (await input.ReadAsync(cancellation) is var (text, mayBeCommand))
        {
            if (!mayBeCommand || !text.StartsWith('/'))
                await AnswerAsync(text, cancellation);
            else if (text.StartsWith("//", StringComparison.Ordinal))
                await AnswerAsync(text[1..], cancellation);
            else if (!await RunCommandAsync(text, cancellation))
                break;
        }

        return ExitCode.Success;
    }

    // False when no answer is running, or on a second Ctrl-C: the process ends.
    private bool EndAnswer()
    {
        lock (_gate)
        {
            if (_answering is not { IsCancellationRequested: false })
                return false;
            _answering.Cancel();
            return true;
        }
    }

    private void Answering(CancellationTokenSource? answering)
    {
        lock (_gate)
            _answering = answering;
    }

    // False ends the chat.
    private async Task<bool> RunCommandAsync(string line, CancellationToken cancellation)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (command, rest) = space > 0 ? (line[..space], line[space..].Trim()) : (line, "");
        switch (command)
        {
            case "/exit":
                return false;
            case "/help":
                await terminal.Error.WriteLineAsync(Help);
                break;
            case "/system":
                history.System = rest;
                await terminal.Error.WriteLineAsync(rest.Length > 0 ? "[system prompt set for the next messages]" : "[system prompt removed]");
                break;
            case "/reset":
                history.Clear();
                await terminal.Error.WriteLineAsync("[conversation cleared]");
                break;
            case "/undo":
                await terminal.Error.WriteLineAsync(history.Undo() is null ? NothingYet : $"[removed; {history.Count} left]");
                break;
            case "/retry":
                if (history.Undo() is { } message)
                    await AnswerAsync(message, cancellation);
                else
                    await terminal.Error.WriteLineAsync(NothingYet);
                break;
            default:
                Refuse($"'{command}' is not a command; /help lists the commands. Start a message that begins with '/' with '//'.");
                break;
        }

        return true;
    }

    private async Task AnswerAsync(string message, CancellationToken cancellation)
    {
        using var answering = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (answer, writer, summary) = (new StringBuilder(), new AnswerWriter(terminal.Out, 1), new AnswerSummary());
        Answering(answering);
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(history.With(message), _options, answering.Token))
            {
                if (update.RawRepresentation is not GeneratedToken token)
                    continue;
                answer.Append(token.Text);
                summary.Add(token);
                await writer.WriteAsync(token);
                answering.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
        }
        catch (Exception error) when (error is RequestRefusedException or ChatTemplateException or EngineFailedException)
        {
            Refuse(error.Message, error);
            return;
        }
        finally
        {
            Answering(null);
            await writer.CloseAsync();
        }

        // A cancelled answer stays in the history as far as it was generated.
        if (answer.Length > 0)
            history.Add(message, answer.ToString());
        await terminal.Error.WriteLineAsync(summary.ToString());
    }

    // At a terminal the chat continues without the message. In a pipe it ends, because later messages depend on this one.
    private void Refuse(string reason, Exception? inner = null)
    {
        if (!terminal.IsTyped)
            throw new UserException(reason, inner);
        terminal.Error.WriteLine($"cambium: {reason}");
    }
}
