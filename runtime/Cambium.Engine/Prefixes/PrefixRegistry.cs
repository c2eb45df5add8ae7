using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>
/// The prefixes of an engine and the contents of their nodes. A content exists once, whatever the number of prefixes that have it. Loading may be
/// called from any thread; users are counted by the loop.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="store">Receives the contents.</param>
/// <param name="baker">Computes the keys and values of given embeddings.</param>
internal sealed class PrefixRegistry(CompiledModel model, ChunkStore store, PrefixBaker baker)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _contents = new(StringComparer.Ordinal);
    private readonly List<LoadedPrefix> _prefixes = [];
    private Func<LoadedPrefix, Task> _unload = static _ => Task.CompletedTask;

    /// <summary>Computes keys and values.</summary>
    public PrefixBaker Baker => baker;

    /// <summary>The loaded prefixes.</summary>
    public IReadOnlyList<LoadedPrefix> Prefixes
    {
        get
        {
            lock (_lock)
                return [.. _prefixes];
        }
    }

    /// <summary>Sets the way to the loop, which unloads prefixes between two steps.</summary>
    public void UnloadBy(Func<LoadedPrefix, Task> unload) => _unload = unload;

    /// <summary>The content of an identity, if it is loaded.</summary>
    public NodeContent? Find(string identity)
    {
        lock (_lock)
            return _contents.GetValueOrDefault(identity)?.Content;
    }

    /// <summary>Loads a prefix.</summary>
    /// <param name="prefix">In host memory.</param>
    /// <param name="create">Makes the object for callers.</param>
    /// <param name="options">How.</param>
    public T Load<T>(Prefix prefix, PrefixOptions options, Create<T> create)
        where T : LoadedPrefix
    {
        RequireBase(prefix, options);
        var loaded = new List<NodeContent>();
        try
        {
            var common = Load(prefix, "", prefix.Parts, loaded, options.Cancellation);
            var attributes = prefix.Attributes.Select(attribute => new LoadedAttribute(attribute.Name, [.. attribute.Values.Select(
                value => new LoadedValue(
                    value.Name, Load(prefix, $":{attribute.Name}={value.Name}", value.Parts, loaded, options.Cancellation)))])).ToList();
            var result = create(this, prefix, new LoadedParts(common, attributes));
            lock (_lock)
                _prefixes.Add(result);
            return result;
        }
        catch
        {
            foreach (var content in loaded)
                Leave(content);
            throw;
        }
    }

    /// <summary>Unloads a prefix when its last request has ended.</summary>
    public Task UnloadAsync(LoadedPrefix prefix) => _unload(prefix);

    /// <summary>Frees the memory of a prefix without users, and removes its nodes. Between two steps.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="tree">Has its nodes.</param>
    /// <param name="release">Ends all other uses of a content, such as pins.</param>
    public void Free(LoadedPrefix prefix, PrefixTree tree, Action<NodeContent> release)
    {
        lock (_lock)
        {
            if (!_prefixes.Remove(prefix))
                return;
        }

        foreach (var content in prefix.Contents)
        {
            lock (_lock)
            {
                if (_contents[content.Identity].Uses > 1)
                {
                    _contents[content.Identity].Uses--;
                    continue;
                }
            }

            release(content);
            tree.RemoveContent(content);
            Leave(content);
        }

        prefix.Unloading?.TrySetResult();
    }

    private void RequireBase(Prefix prefix, PrefixOptions options)
    {
        var own = ((Loading.LoadedCheckpoint?)model.Checkpoint)?.Fingerprint;
        if (prefix.BaseDigest is { } digest && own is not null && digest != own && !options.AllowOtherBase)
        {
            throw new ArgumentException(
                $"The prefix '{prefix.Name}' was trained for the checkpoint {Short(digest)}, and the model was loaded from {Short(own)}. "
                + "Load the model that it was trained for, or set PrefixOptions.AllowOtherBase if this is another copy of it.");
        }
    }

    private static string Short(string digest) => digest.Length > 16 ? digest[..16] + ".." : digest;

    private List<NodeContent> Load(
        Prefix prefix, string suffix, IReadOnlyList<PrefixPart> parts, List<NodeContent> loaded, CancellationToken cancellation)
    {
        var contents = new List<NodeContent>();
        foreach (var part in parts)
        {
            cancellation.ThrowIfCancellationRequested();
            var content = Add(part is PrefixPart.Content or PrefixPart.Mark ? part : baker.Bake(part, cancellation), prefix.Name + suffix);
            loaded.Add(content);
            contents.Add(content);
        }

        return contents;
    }

    private NodeContent Add(PrefixPart part, string name)
    {
        var identity = IdentityOf(part);
        lock (_lock)
        {
            if (_contents.TryGetValue(identity, out var known))
            {
                known.Uses++;
                return known.Content;
            }

            var content = part switch
            {
                PrefixPart.Content rows => NodeContent.Of(rows, identity, store.Add(rows.Data, rows.HasPositions), name),
                _ => new NodeContent(NodeKind.Mark, identity, -1, 0, 0, name),
            };
            _contents.Add(identity, new Entry(content));
            return content;
        }
    }

    private void Leave(NodeContent content)
    {
        lock (_lock)
        {
            if (--_contents[content.Identity].Uses > 0)
                return;
            _contents.Remove(content.Identity);
            if (content.Number >= 0)
                store.Remove(content.Number);
        }
    }

    // Computed by us from the content, so that nobody else can claim the identity of a prefix.
    private static string IdentityOf(PrefixPart part)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("cambium prefix 1\0"u8);
        switch (part)
        {
            case PrefixPart.Content { Data: var data, HasPositions: var hasPositions }:
                Append(hash, data.GetType().Name);
                Append(hash, hasPositions ? 1 : 0);
                Append(hash, data.Keys);
                foreach (var site in data.Sites)
                {
                    foreach (var size in (int[])[site.Layers, site.KvHeads, site.KeySize, site.ValueSize, site.QueryHeads])
                        Append(hash, size);
                }

                foreach (var numbers in data.Numbers)
                    hash.AppendData(MemoryMarshal.AsBytes(numbers.Span));
                break;
            case PrefixPart.Mark mark:
                Append(hash, "mark");
                Append(hash, mark.Reason);
                break;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Append(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }

    /// <summary>Makes the object for callers.</summary>
    internal delegate T Create<out T>(PrefixRegistry registry, Prefix prefix, LoadedParts parts);

    private sealed class Entry(NodeContent content)
    {
        public NodeContent Content => content;

        /// <summary>Prefixes that have it.</summary>
        public int Uses { get; set; } = 1;
    }
}
