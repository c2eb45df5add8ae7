namespace Cambium.Runtime;

/// <summary>What conversations need of an engine.</summary>
internal interface IConversationHost
{
    /// <summary>A number for a new conversation.</summary>
    long NewConversation();

    /// <summary>The prompt of a request as tokens.</summary>
    ReadOnlyMemory<int> Encode(Request request, ReadOnlySpan<int> before);

    /// <inheritdoc cref="Engine.GenerateAsync"/>
    IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, CancellationToken cancellation);

    /// <summary>Pins the chunks of a conversation also for another conversation.</summary>
    Task ForkAsync(long conversation, long fork);

    /// <summary>Keeps only the chunks of the first tokens.</summary>
    Task RewindAsync(long conversation, int tokens);

    /// <summary>No longer keeps the chunks of a conversation: they are cached like others.</summary>
    Task EndAsync(long conversation);

    /// <summary>Ends a conversation and evicts its chunks, except those that are in use or have other continuations.</summary>
    /// <returns>Chunks evicted.</returns>
    Task<int> RemoveAsync(long conversation, int[] tokens, string tenant, IReadOnlyList<PrefixUse> prefixes);
}
