using System.CommandLine;
using Cambium.Checkpoints;
using Cambium.Cli.Chats;
using Cambium.Constraints;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Serving;
using Cambium.Text;
using Cambium.Text.Templates;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium chat</c>: talks to a checkpoint.</summary>
internal static class ChatCommand
{
    public const string Name = "chat";

    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var system = new Option<string?>("--system") { Description = "What the model is told before the conversation.", HelpName = "text" };
        var template = new Option<string?>("--template") { Description = "File with the chat template (Jinja); by default the checkpoint's own.", HelpName = "file" };
        var weights = WeightsOption.Create();
        var (sampling, constraint, engine) = (new SamplingSettings(), new ConstraintSettings(), new EngineSettings());
        var command = new Command(Name, "Talks to a checkpoint: each line is a message, and the answer is streamed. /help lists what else a line may be. Ctrl-C ends an answer, and outside of one the chat.")
        {
            checkpoint, system, template, weights,
        };
        sampling.AddTo(command);
        constraint.AddTo(command);
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var request = sampling.Read(parsed) with { Constraint = constraint.Read(parsed) };
            return Task.Run(
                () => RunAsync(parsed.GetRequiredValue(checkpoint), parsed.GetValue(weights), parsed.GetValue(template), parsed.GetValue(system), request, engine.Read(parsed), terminal, cancellation),
                CancellationToken.None);
        });
        return command;
    }

    private static async Task<int> RunAsync(string checkpoint, WeightStorage storage, string? templateFile, string? system, Request request, EngineOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var model = ModelLoader.Load(checkpoint, storage, terminal, cancellation);
        if (model.Checkpoint.Tokenizer is null)
            throw new UserException($"{checkpoint}: has no tokenizer.json, expected one for a chat. Put it there, or use 'cambium logits' with token ids.");
        var template = TemplateOf(checkpoint, templateFile);
        // One answer at a time.
        await using var engine = EngineSettings.Build(() => new Engine(model, options with { MaxSequences = 1 }));
        using var client = engine.AsChatClient(template);
        return await new ChatSession(client, new ChatHistory(system), request, terminal).RunAsync(cancellation);
    }

    private static ChatTemplate TemplateOf(string checkpoint, string? file)
    {
        if (file is null)
        {
            return ChatTemplate.TryLoad(checkpoint) ?? throw new UserException(
                $"{checkpoint}: has no chat template, neither chat_template.jinja nor a \"chat_template\" in tokenizer_config.json: it may not be made for conversations. Give one with --template, or use 'cambium run'.");
        }

        try
        {
            return ChatTemplate.ParseFor(TextFile.Read(file, "Give the file of a chat template with --template."), checkpoint);
        }
        catch (ChatTemplateException error)
        {
            throw new UserException($"{file}: {error.Message}", error);
        }
    }
}
