using System.Runtime.CompilerServices;
using Cambium.Runtime;
using Cambium.Serving.Tools;
using Cambium.Text;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>Formats a conversation with the chat template, generates the answer with the engine, and returns it as updates.</summary>
internal sealed class EngineChatClient(Engine engine, Tokenizer tokenizer, ChatTemplate template) : IChatClient
{
    private readonly string _model = engine.Model.Definition.Name;
    private readonly ChatClientMetadata _metadata = new("cambium", null, engine.Model.Definition.Name);
    private readonly Lazy<ToolFormat> _tools = new(() => ToolFormat.Of(template));

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var turn = Turn(messages, options, cancellationToken);
        var calls = turn.Format is { } format ? new ToolCallReader(format, turn.IsCall) : null;
        var (response, message) = (NewId(), NewId());
        await foreach (var token in engine.GenerateAsync(turn.Request, cancellationToken).ConfigureAwait(false))
        {
            List<AIContent> contents = calls is not null ? Read(calls, turn.Format!, token)
                : token.Text.Length > 0 ? [new TextContent(token.Text)]
                : [];
            var update = new ChatResponseUpdate(ChatRole.Assistant, contents)
            {
                ResponseId = response,
                MessageId = message,
                CreatedAt = DateTimeOffset.UtcNow,
                ModelId = _model,
                RawRepresentation = token,
            };
            if (token.IsLast)
            {
                update.Contents.Add(new UsageContent(Details(token.Usage)));
                update.FinishReason = Reason(token.Finish, calls);
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
            : serviceType.IsInstanceOfType(template) ? template
            : null;
    }

    /// <summary>Does nothing: the engine belongs to the caller.</summary>
    public void Dispose()
    {
    }

    private ChatTurn Turn(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IReadOnlyList<ChatMessage> conversation = [.. messages];
        var request = ChatRequest.Of(this, _model, options);
        var input = Conversation.Of(conversation, options?.Instructions);
        if (options?.AdditionalProperties is { Count: > 0 } properties)
        {
            var variables = properties.ToDictionary(static property => property.Key, static property => Conversation.ToJson(property.Value));
            input = input with { Variables = variables };
        }

        var tools = ToolList.Of(options);
        // Earlier calls must be visible to the model. Otherwise it would see results without their calls.
        if (conversation.Any(HasTools) && !_tools.Value.ShowsResults)
        {
            throw new NotSupportedException("A message has a FunctionCallContent or FunctionResultContent, and the chat template does not show tool "
                + "results. Write them as text messages, or pass a template with tools to AsChatClient.");
        }

        if (tools is null)
            return new ChatTurn(Asking(request, template.Encode(input, tokenizer, cancellation)), null, IsCall: false);

        var format = _tools.Value;
        int[] prompt = template.Encode(input with { Tools = tools.ToJson() }, tokenizer, cancellation);
        if (!tools.IsRequired)
            return new ChatTurn(Asking(request, prompt), format, IsCall: false);
        // The prompt ends with the opening mark of a call, so the answer is the call itself.
        int[] begin = format.Begin.Length > 0 ? tokenizer.Encode(format.Begin, addSpecial: false, parseSpecial: true) : [];
        return new ChatTurn(Asking(request, [.. prompt, .. begin]) with { Constraint = tools.Required(format) }, format, IsCall: true);
    }

    private static bool HasTools(ChatMessage message) =>
        message.Contents.Any(static content => content is FunctionCallContent or FunctionResultContent);

    private static Request Asking(Request request, int[] prompt) => request with { Prompt = null, PromptTokens = prompt };

    // Special tokens have no text. Those that are marks of a tool call are added to the text as their names.
    private List<AIContent> Read(ToolCallReader calls, ToolFormat format, GeneratedToken token)
    {
        var mark = tokenizer.IsSpecial(token.Token) && tokenizer.TokenOf(token.Token) is { Length: > 0 } name
            && (format.Begin.Contains(name, StringComparison.Ordinal) || format.End.Contains(name, StringComparison.Ordinal)) ? name : "";
        var contents = calls.Append(token.Text + mark);
        if (token.IsLast)
            contents.AddRange(calls.Finish());
        return contents;
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static ChatFinishReason Reason(FinishReason finish, ToolCallReader? calls) =>
        finish is FinishReason.Length or FinishReason.ContextFull ? ChatFinishReason.Length
        : calls is { HasCalls: true } ? ChatFinishReason.ToolCalls
        : ChatFinishReason.Stop;

    private static UsageDetails Details(Usage usage) => new()
    {
        InputTokenCount = usage.PromptTokens,
        OutputTokenCount = usage.GeneratedTokens,
        TotalTokenCount = usage.PromptTokens + usage.GeneratedTokens,
        CachedInputTokenCount = usage.CachedTokens,
    };
}
