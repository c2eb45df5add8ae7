using Cambium.Constraints;
using Cambium.Runtime;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>What <see cref="ChatOptions"/> mean for a request. What is not supported is refused by its name, never left out in silence.</summary>
internal static class ChatRequest
{
    /// <param name="client">For the options' factory, which may give a <see cref="Request"/> to begin with: a tenant, a priority, a pin.</param>
    /// <param name="model">The only one that answers.</param>
    /// <exception cref="NotSupportedException">An option is not supported.</exception>
    public static Request Of(IChatClient client, string model, ChatOptions? options)
    {
        if (options is null)
            return new Request();
        Refuse(options.ConversationId is not null, nameof(options.ConversationId), "each call brings its whole conversation, and finds it in the cache");
        Refuse(options.Reasoning is not null, nameof(options.Reasoning), "templates know it by their own names, which AdditionalProperties give them");
        Refuse(options.AllowBackgroundResponses == true, nameof(options.AllowBackgroundResponses), "answers are awaited or streamed");
        Refuse(options.ContinuationToken is not null, nameof(options.ContinuationToken), "answers are awaited or streamed");
        if (options.ModelId is { } wanted && wanted != model)
            throw new NotSupportedException($"{nameof(ChatOptions)}.{nameof(options.ModelId)} is '{wanted}', and this client's model is '{model}'.");

        var request = options.RawRepresentationFactory?.Invoke(client) switch
        {
            null => new Request(),
            Request given => given,
            var other => throw new NotSupportedException($"{nameof(ChatOptions)}.{nameof(options.RawRepresentationFactory)} gives a {other.GetType().Name}; it may give a {nameof(Request)}."),
        };
        if ((request.BestOf ?? request.Count) > 1)
            throw new NotSupportedException($"{nameof(Request)}.{nameof(request.Count)} is {request.BestOf ?? request.Count}; a chat has one answer.");
        return request with
        {
            MaxTokens = options.MaxOutputTokens ?? request.MaxTokens,
            Sampling = request.Sampling with
            {
                Temperature = options.Temperature ?? request.Sampling.Temperature,
                TopP = options.TopP ?? request.Sampling.TopP,
                TopK = options.TopK ?? request.Sampling.TopK,
                FrequencyPenalty = options.FrequencyPenalty ?? request.Sampling.FrequencyPenalty,
                PresencePenalty = options.PresencePenalty ?? request.Sampling.PresencePenalty,
                Seed = options.Seed is { } seed ? (ulong)seed : request.Sampling.Seed,
            },
            Constraint = options.ResponseFormat switch
            {
                null or ChatResponseFormatText => request.Constraint,
                ChatResponseFormatJson { Schema: { } schema } => Constraint.JsonSchema(schema),
                ChatResponseFormatJson => Constraint.Json(),
                var other => throw new NotSupportedException($"{nameof(ChatOptions)}.{nameof(options.ResponseFormat)} is a {other.GetType().Name}; it may be text, JSON, or JSON of a schema."),
            },
            Stop = options.StopSequences is { Count: > 0 } stop ? [.. stop] : request.Stop,
        };
    }

    private static void Refuse(bool isSet, string option, string reason)
    {
        if (isSet)
            throw new NotSupportedException($"{nameof(ChatOptions)}.{option} is not supported: {reason}. Leave it out.");
    }
}
