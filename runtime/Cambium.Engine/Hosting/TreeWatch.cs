using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>Streams the changes of the tree to a reader on another thread.</summary>
/// <param name="commands">Runs functions on the thread of the loop, which owns the tree.</param>
/// <param name="stopping">Cancelled when the engine stops; ends the stream.</param>
internal sealed class TreeWatch(CommandQueue commands, CancellationToken stopping)
{
    private const int MaxUnread = 1 << 16;

    /// <inheritdoc cref="Engine.WatchTreeAsync"/>
    public async IAsyncEnumerable<TreeEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var channel = Channel.CreateBounded<TreeEvent>(new BoundedChannelOptions(MaxUnread) { SingleReader = true });
        using var end = stopping.Register(() => channel.Writer.TryComplete());
        try
        {
            // If the reader cancels before this command runs, the loop still adds the handler. The handler is removed below in any case.
            var stored = await commands.RunAsync(
                loop =>
                {
                    loop.TreeChanged += OnChanged;
                    return loop.StoredChunks();
                },
                cancellation).ConfigureAwait(false);
            foreach (var change in stored)
                yield return change;
            await foreach (var change in channel.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return change;
        }
        finally
        {
            commands.TryPost(new Command(loop => loop.TreeChanged -= OnChanged));
        }

        void OnChanged(TreeEvent change)
        {
            if (!channel.Writer.TryWrite(change))
            {
                channel.Writer.TryComplete(new InvalidOperationException(
                    $"The reader of tree events has more than {MaxUnread} unread events; "
                    + "watch again, which starts from the chunks that are stored then."));
            }
        }
    }
}
