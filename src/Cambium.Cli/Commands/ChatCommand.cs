using System.CommandLine;
using Cambium.Cli.Chats;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Serving;
using Cambium.Text.Templates;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium chat</c>: a conversation with a model.</summary>
internal static class ChatCommand
{
    public const string Name = "chat";

    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var system = new Option<string?>("--system") { Description = "The system prompt.", HelpName = "text" };
        var template = new Option<string?>("--template")
        {
            Description = "File with the chat template (Jinja). [default: the template of the checkpoint]",
            HelpName = "file",
        };
        var weights = new WeightSettings(WeightProducts.Integer);
        var (sampling, constraint, prefixes, engine) = (new SamplingSettings(), new ConstraintSettings(), new PrefixSettings(), new EngineSettings());
        const string description = "Chats with a model. Each line is a message; the answer is streamed. /help lists commands. "
            + "Ctrl-C stops the current answer; when no answer is running, it ends the chat.";
        var command = new Command(Name, description) { checkpoint, system, template };
        sampling.AddTo(command);
        constraint.AddTo(command);
        prefixes.AddTo(command);
        weights.AddTo(command);
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var request = sampling.Read(parsed) with { Constraint = constraint.Read(parsed, terminal, cancellation) };
            var (folder, choice, options) = (parsed.GetRequiredValue(checkpoint), weights.Read(parsed), engine.Read(parsed));
            var (templateFile, history) = (parsed.GetValue(template), new ChatHistory(parsed.GetValue(system)));
            var stands = prefixes.Read(parsed);
            return Task.Run(
                () => RunAsync(folder, choice, templateFile, history, request, stands, options, terminal, cancellation), CancellationToken.None);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        string checkpoint,
        WeightChoice weights,
        string? templateFile,
        ChatHistory history,
        Request request,
        PrefixArguments prefixes,
        EngineOptions options,
        Terminal terminal,
        CancellationToken cancellation)
    {
        var choice = weights with { Adapters = prefixes.Adapters };
        using var model = ModelLoader.LoadWithTokenizer(checkpoint, choice, options.Threads, terminal, cancellation);
        if (model.Checkpoint.Tokenizer is null)
            throw new UserException($"{checkpoint}: has no tokenizer.json, which a chat needs. Add it, or use 'cambium logits' with token ids.");
        var template = TemplateOf(checkpoint, templateFile);
        // A chat generates one answer at a time.
        await using var engine = EngineSettings.Build(() => new Engine(model, options with { MaxSequences = 1 }));
        request = request with { Prefixes = prefixes.Load(engine.LoadPrefix, terminal) };
        using var client = engine.AsChatClient(template);
        return await new ChatSession(client, history, request, terminal).RunAsync(cancellation);
    }

    private static ChatTemplate TemplateOf(string checkpoint, string? file)
    {
        if (file is null)
        {
            return ChatTemplate.TryLoad(checkpoint) ?? throw new UserException(
                $"{checkpoint}: has no chat template: neither chat_template.jinja nor \"chat_template\" in tokenizer_config.json. "
                + "The model may not be trained for chat. Give a template with --template, or use 'cambium run'.");
        }

        try
        {
            return ChatTemplate.ParseFor(TextFile.Read(file, "Name a file with a chat template with --template."), checkpoint);
        }
        catch (ChatTemplateException error)
        {
            throw new UserException($"{file}: {error.Message}", error);
        }
    }
}
