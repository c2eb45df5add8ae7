using Cambium.Runtime.Loading;

namespace Cambium.Runtime;

/// <summary>The conversations of an engine: their requests are the engine's, their chunks are kept by commands between steps.</summary>
/// <param name="checkpoint">Has the tokenizer; null for a model without a checkpoint.</param>
/// <param name="generate">Streams the answer to a request.</param>
/// <param name="commands">The way to the loop.</param>
internal sealed class ConversationHost(
    LoadedCheckpoint? checkpoint, Func<Request, CancellationToken, IAsyncEnumerable<GeneratedToken>> generate, CommandQueue commands)
    : IConversationHost
{
    private long _last;

    public long NewConversation() => Interlocked.Increment(ref _last);

    public ReadOnlyMemory<int> Encode(Request request, ReadOnlySpan<int> before) => PromptEncoding.Encode(request, checkpoint, before);

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, CancellationToken cancellation) =>
        generate(request, cancellation);

    public Task ForkAsync(long conversation, long fork) => RunAsync(loop => loop.Fork(conversation, fork));

    public Task RewindAsync(long conversation, int tokens) => RunAsync(loop => loop.Rewind(conversation, tokens));

    public Task EndAsync(long conversation) => RunAsync(loop => loop.EndConversation(conversation));

    public Task<int> RemoveAsync(long conversation, int[] tokens, string tenant, IReadOnlyList<PrefixUse> prefixes) => commands.RunAsync(
        loop =>
        {
            loop.EndConversation(conversation);
            return loop.Forget(tokens, tenant, prefixes);
        },
        CancellationToken.None);

    private Task RunAsync(Action<EngineLoop> act) => commands.RunAsync(
        loop =>
        {
            act(loop);
            return true;
        },
        CancellationToken.None);
}
