using Cambium.Runtime;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cambium.Serving;

/// <summary>Uses an engine as a chat client.</summary>
public static class EngineChatExtensions
{
    /// <summary>
    /// Creates a chat client over the engine. The engine still belongs to the caller. Any number of clients and calls share it and its KV cache.
    /// </summary>
    /// <param name="engine">An engine whose checkpoint has a tokenizer.</param>
    /// <param name="template">The chat template; null for the template of the checkpoint.</param>
    /// <param name="loggerFactory">Receives what the client ignores, such as keywords of schemas; null for no log.</param>
    /// <exception cref="InvalidOperationException">The checkpoint has no tokenizer or no template. The message names the missing file.</exception>
    /// <exception cref="ChatTemplateException">The template of the checkpoint is malformed or uses an unsupported feature.</exception>
    public static IChatClient AsChatClient(this Engine engine, ChatTemplate? template = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var checkpoint = engine.Model.Checkpoint;
        var tokenizer = checkpoint?.Tokenizer
            ?? throw new InvalidOperationException($"A chat needs a tokenizer, and the checkpoint{In(checkpoint?.Folder)} has no tokenizer.json.");
        template ??= ChatTemplate.TryLoad(checkpoint.Folder) ?? throw new InvalidOperationException(
            $"A chat needs a template, and the checkpoint{In(checkpoint.Folder)} has neither chat_template.jinja nor \"chat_template\" in "
            + "tokenizer_config.json. The model may not be trained for chat. Pass a template: engine.AsChatClient(ChatTemplate.Parse(..)).");
        var logger = loggerFactory?.CreateLogger("Cambium.Serving") ?? NullLogger.Instance;
        return new EngineChatClient(engine, tokenizer, template, logger);
    }

    private static string In(string? folder) => string.IsNullOrEmpty(folder) ? "" : $" in {folder}";
}
