using Cambium.Constraints;
using Cambium.Runtime;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>Translates <see cref="ChatOptions"/> into a <see cref="Request"/>. An unsupported option is an error that names it.</summary>
internal static class ChatRequest
{
    /// <param name="client">
    /// Passed to the factory of the options, which may return a <see cref="Request"/> with a tenant, priority, pin or constraint. A constraint
    /// replaces the response format.
    /// </param>
    /// <param name="model">The name of the engine's model.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellation">Ends the compilation of a schema.</param>
    /// <exception cref="NotSupportedException">An option is not supported.</exception>
    public static Request Of(IChatClient client, string model, ChatOptions? options, CancellationToken cancellation)
    {
        if (options is null)
            return new Request();
        Refuse(options.ConversationId is not null, nameof(options.ConversationId), "each call has the whole conversation, which is in the KV cache");
        Refuse(options.Reasoning is not null, nameof(options.Reasoning), "set the template's own variable with AdditionalProperties");
        Refuse(options.AllowBackgroundResponses == true, nameof(options.AllowBackgroundResponses), "await the answer or stream it");
        Refuse(options.ContinuationToken is not null, nameof(options.ContinuationToken), "await the answer or stream it");
        if (options.ModelId is { } wanted && wanted != model)
            throw Error(nameof(options.ModelId), $"is '{wanted}', and the model of this client is '{model}'");

        var request = options.RawRepresentationFactory?.Invoke(client) switch
        {
            null => new Request(),
            Request given => given,
            var other => throw Error(nameof(options.RawRepresentationFactory), $"returns a {other.GetType().Name}; expected a {nameof(Request)}"),
        };
        if ((request.BestOf ?? request.Count) is > 1 and var count)
            throw new NotSupportedException($"{nameof(Request)}.{nameof(request.Count)} is {count}; a chat call returns one answer.");
        return request with
        {
            MaxTokens = options.MaxOutputTokens ?? request.MaxTokens,
            Prefixes = ChatPrefixes.Of(options) is { Count: > 0 } prefixes ? prefixes : request.Prefixes,
            Sampling = request.Sampling with
            {
                // Other services accept a TopP of 0: the likeliest token, which is greedy.
                Temperature = options.TopP is 0 ? 0 : options.Temperature ?? request.Sampling.Temperature,
                TopP = options.TopP is 0 ? 1 : options.TopP ?? request.Sampling.TopP,
                TopK = options.TopK ?? request.Sampling.TopK,
                FrequencyPenalty = options.FrequencyPenalty ?? request.Sampling.FrequencyPenalty,
                PresencePenalty = options.PresencePenalty ?? request.Sampling.PresencePenalty,
                Seed = options.Seed is { } seed ? (ulong)seed : request.Sampling.Seed,
            },
            Constraint = request.Constraint ?? options.ResponseFormat switch
            {
                null or ChatResponseFormatText => null,
                ChatResponseFormatJson { Schema: { } schema } => Constraint.JsonSchema(ReadableSchema.Of(schema), cancellation),
                ChatResponseFormatJson => Constraint.Json(),
                var other => throw Error(nameof(options.ResponseFormat), $"is a {other.GetType().Name}; expected text, JSON, or JSON with a schema"),
            },
            Stop = options.StopSequences is { Count: > 0 } stop ? [.. stop] : request.Stop,
        };
    }

    private static void Refuse(bool isSet, string option, string reason)
    {
        if (isSet)
            throw Error(option, $"is not supported: {reason}. Leave it out");
    }

    private static NotSupportedException Error(string option, string problem) => new($"{nameof(ChatOptions)}.{option} {problem}.");
}
