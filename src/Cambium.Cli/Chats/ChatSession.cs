using System.Text;
using Cambium.Cli.Answers;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

namespace Cambium.Cli.Chats;

/// <summary>One chat: reads messages and commands, streams answers, remembers what was said.</summary>
/// <param name="client">Whom it talks to.</param>
/// <param name="history">What was said before; grows.</param>
/// <param name="request">How answers are generated.</param>
internal sealed class ChatSession(IChatClient client, ChatHistory history, Request request, Terminal terminal)
{
    private const string NothingYet = "[nothing was said yet]";

    private const string Help = """"
        /help            this
        /system [text]   what the model is told before the conversation; without a text: nothing
        /retry           another answer to the last message
        /undo            takes the last message and its answer back
        /reset           forgets the conversation
        /exit            leaves, as the end of the input does
        """              before and behind a message of several lines
        A message that begins with '/' is written with '//'. Ctrl-C ends an answer, and outside of one the chat.
        """";

    private readonly ChatOptions _options = new() { RawRepresentationFactory = _ => request };
    private readonly Lock _gate = new();
    private CancellationTokenSource? _answering;

    /// <exception cref="UserException">A message or command cannot be served, and nobody types who could say it differently.</exception>
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
            else if (!await ObeyAsync(text, cancellation))
                break;
        }

        return ExitCode.Success;
    }

    // False outside of an answer, or where it should have ended already: the process ends.
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

    // False if the chat is over.
    private async Task<bool> ObeyAsync(string line, CancellationToken cancellation)
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
                await terminal.Error.WriteLineAsync(rest.Length > 0 ? "[system: from the next message on]" : "[system: nothing]");
                break;
            case "/reset":
                history.Clear();
                await terminal.Error.WriteLineAsync("[the conversation is forgotten]");
                break;
            case "/undo":
                await terminal.Error.WriteLineAsync(history.Undo() is null ? NothingYet : $"[taken back; {history.Count} before it]");
                break;
            case "/retry":
                if (history.Undo() is { } message)
                    await AnswerAsync(message, cancellation);
                else
                    await terminal.Error.WriteLineAsync(NothingYet);
                break;
            default:
                Refuse($"'{command}' is no command; /help lists them. A message that begins with '/' is written with '//'.");
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

        // What was said stays, whoever ended it.
        if (answer.Length > 0)
            history.Add(message, answer.ToString());
        await terminal.Error.WriteLineAsync(summary.ToString());
    }

    // Where somebody types the conversation goes on without the message; a pipe's next message would belong to another conversation.
    private void Refuse(string mistake, Exception? inner = null)
    {
        if (!terminal.IsTyped)
            throw new UserException(mistake, inner);
        terminal.Error.WriteLine($"cambium: {mistake}");
    }
}
