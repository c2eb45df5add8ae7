using System.Runtime.CompilerServices;
using System.Text;
using Cambium.Runtime.Engine;
using Cambium.Runtime.Text;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>Writes a conversation by the template, lets the engine continue it, and gives what it writes.</summary>
internal sealed class EngineChatClient(Engine engine, Tokenizer tokenizer, ChatTemplate template) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("cambium", null, engine.Model.Definition.Name);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (text, last) = (new StringBuilder(), default(GeneratedToken));
        await foreach (var token in engine.GenerateAsync(Request(messages, options, cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            text.Append(token.Text);
            last = token;
        }

        return new ChatResponse(new ChatMessage(ChatRole.Assistant, text.ToString()))
        {
            ResponseId = NewId(),
            CreatedAt = DateTimeOffset.UtcNow,
            ModelId = engine.Model.Definition.Name,
            FinishReason = Reason(last.Finish),
            Usage = Details(last.Usage),
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (response, message) = (NewId(), NewId());
        ChatResponseUpdate Update(List<AIContent> contents) => new(ChatRole.Assistant, contents)
        {
            ResponseId = response,
            MessageId = message,
            CreatedAt = DateTimeOffset.UtcNow,
            ModelId = engine.Model.Definition.Name,
        };

        await foreach (var token in engine.GenerateAsync(Request(messages, options, cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            var update = Update(token.Text.Length > 0 ? [new TextContent(token.Text)] : []);
            update.RawRepresentation = token;
            if (token.IsLast)
            {
                update.Contents.Add(new UsageContent(Details(token.Usage)));
                update.FinishReason = Reason(token.Finish);
            }

            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(engine) ? engine
            : null;
    }

    /// <summary>The engine stays its owner's.</summary>
    public void Dispose()
    {
    }

    private Request Request(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var prompt = template.Encode(Conversation.Of(messages, options?.Instructions), tokenizer, cancellation);
        return ChatRequest.Of(this, options) with { Prompt = null, PromptTokens = prompt };
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static ChatFinishReason Reason(FinishReason finish) => finish is FinishReason.Length or FinishReason.ContextFull ? ChatFinishReason.Length : ChatFinishReason.Stop;

    private static UsageDetails Details(Usage usage) => new()
    {
        InputTokenCount = usage.PromptTokens,
        OutputTokenCount = usage.GeneratedTokens,
        TotalTokenCount = usage.PromptTokens + usage.GeneratedTokens,
        CachedInputTokenCount = usage.CachedTokens,
    };
}
