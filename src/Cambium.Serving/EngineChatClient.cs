using System.Runtime.CompilerServices;
using Cambium.Runtime;
using Cambium.Serving.Tools;
using Cambium.Text;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Cambium.Serving;

/// <summary>Formats a conversation with the chat template, generates the answer with the engine, and returns it as updates.</summary>
internal sealed partial class EngineChatClient(Engine engine, Tokenizer tokenizer, ChatTemplate template, ILogger logger) : IChatClient
{
    private readonly string _model = engine.Model.Definition.Name;
    private readonly ChatClientMetadata _metadata = new("cambium", null, engine.Model.Definition.Name);
    private readonly Lazy<ToolFormat> _tools = new(() => ToolFormat.Of(template));
    private readonly Lazy<bool> _isHarmony = new(() => Harmony.IsUsedBy(template));

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var turn = Turn(messages, options, cancellationToken);
        var (response, message) = (NewId(), NewId());
        await foreach (var token in engine.GenerateAsync(turn.Request, cancellationToken).ConfigureAwait(false))
        {
            List<AIContent> contents = turn.Reader is not null ? Read(turn.Reader, token)
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
                update.FinishReason = Reason(token.Finish, turn.Reader);
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
        var request = ChatRequest.Of(this, _model, options, cancellation);
        var input = Conversation.Of(conversation, options?.Instructions);
        if (options?.AdditionalProperties is { Count: > 0 } properties)
        {
            var variables = properties.Where(static property => property.Key != ChatPrefixes.Key)
                .ToDictionary(static property => property.Key, static property => Conversation.ToJson(property.Value));
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
        {
            var whole = template.Encode(input, tokenizer, cancellation);
            if (!_isHarmony.Value)
                return Turn(Asking(request, whole), null);
            // A constraint is on the answer, not on its header.
            var header = request.Constraint is null ? "" : Harmony.FinalHeader;
            return Turn(Asking(request, [.. whole, .. Marked(header)]), new HarmonyReader(header));
        }

        var format = _tools.Value;
        int[] prompt = template.Encode(input with { Tools = tools.ToJson() }, tokenizer, cancellation);
        if (!tools.IsRequired)
            return Turn(Asking(request, prompt), format.IsHarmony ? new HarmonyReader() : new ToolCallReader(format, hasBegun: false));
        // The prompt ends with the opening mark of a call, so the answer is the call itself.
        var (head, constraint) = tools.Required(format, cancellation);
        AnswerReader reader = format.IsHarmony ? new HarmonyReader(head) : new ToolCallReader(format, hasBegun: true);
        if (!format.IsHarmony)
            reader.Append(head);
        return Turn(Asking(request, [.. prompt, .. Marked(format.Begin + head)]) with { Constraint = constraint }, reader);
    }

    private ChatTurn Turn(Request request, AnswerReader? reader)
    {
        foreach (var keyword in request.Constraint?.IgnoredKeywords ?? [])
            LogIgnored(logger, keyword);
        return new ChatTurn(request, reader);
    }

    private int[] Marked(string text) => text.Length > 0 ? tokenizer.Encode(text, addSpecial: false, parseSpecial: true) : [];

    [LoggerMessage(1, LogLevel.Information, "The schema of the answer has a keyword that has no effect: {Keyword}.")]
    private static partial void LogIgnored(ILogger logger, string keyword);

    private static bool HasTools(ChatMessage message) =>
        message.Contents.Any(static content => content is FunctionCallContent or FunctionResultContent);

    private static Request Asking(Request request, int[] prompt) => request with { Prompt = null, PromptTokens = prompt };

    // Special tokens have no text. Those that are marks of the format are added to the text as their names.
    private List<AIContent> Read(AnswerReader reader, GeneratedToken token)
    {
        var mark = tokenizer.IsSpecial(token.Token) && tokenizer.TokenOf(token.Token) is { Length: > 0 } name && reader.IsMark(name) ? name : "";
        var contents = reader.Append(token.Text + mark);
        if (token.IsLast)
            contents.AddRange(reader.Finish());
        return contents;
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static ChatFinishReason Reason(FinishReason finish, AnswerReader? reader) =>
        finish is FinishReason.Length or FinishReason.ContextFull ? ChatFinishReason.Length
        : reader is { HasCalls: true } ? ChatFinishReason.ToolCalls
        : ChatFinishReason.Stop;

    private static UsageDetails Details(Usage usage) => new()
    {
        InputTokenCount = usage.PromptTokens,
        OutputTokenCount = usage.GeneratedTokens,
        TotalTokenCount = usage.PromptTokens + usage.GeneratedTokens,
        CachedInputTokenCount = usage.CachedTokens,
    };
}
