using Cambium.Runtime;
using Cambium.Text;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>An engine as a chat client.</summary>
public static class EngineChatExtensions
{
    /// <summary>Conversations by the engine's model. The engine stays the caller's; any number of clients and calls share it, and its tree of prefixes.</summary>
    /// <param name="engine">An engine whose checkpoint has a tokenizer.</param>
    /// <param name="template">How conversations are written; null: the template of the checkpoint.</param>
    /// <exception cref="InvalidOperationException">The checkpoint has no tokenizer, or no template and none is given; the message says which file is missing.</exception>
    /// <exception cref="ChatTemplateException">The checkpoint's template is not well-formed, or has something that is not supported.</exception>
    public static IChatClient AsChatClient(this Engine engine, ChatTemplate? template = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var checkpoint = engine.Model.Checkpoint;
        var tokenizer = checkpoint?.Tokenizer ?? throw new InvalidOperationException($"A chat needs a tokenizer, and the checkpoint{In(checkpoint?.Folder)} has no tokenizer.json.");
        template ??= ChatTemplate.TryLoad(checkpoint.Folder) ?? throw new InvalidOperationException(
            $"A chat needs a template, and the checkpoint{In(checkpoint.Folder)} has neither chat_template.jinja nor a \"chat_template\" in tokenizer_config.json: it may not be made for conversations. Give one: engine.AsChatClient(ChatTemplate.Parse(..)).");
        return new EngineChatClient(engine, tokenizer, template);
    }

    private static string In(string? folder) => string.IsNullOrEmpty(folder) ? "" : $" in {folder}";
}
