using System.Runtime.InteropServices;
using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Cache;

/// <summary>Saves the complete chunks of a tree to a <see cref="TreeFile"/> and loads them into another.</summary>
internal sealed class TreeArchive(NodeTable nodes, Eviction eviction)
{
    /// <summary>Finds a loaded content by its identity. Nodes of a file below other contents are passed over.</summary>
    public Func<string, NodeContent?> FindContent { get; set; } = static _ => null;

    private const int EndRecord = 0;
    private const int RootRecord = 1;
    private const int TokensRecord = 2;
    private const int GivenRecord = 3;

    /// <summary>See <see cref="PrefixTree.Save"/>.</summary>
    public int Save(string path, CancellationToken cancellation)
    {
        var chunks = 0;
        TreeFile.Write(path, cancellation, writer =>
        {
            writer.Text(nodes.Store.Storage.Name());
            writer.Text(nodes.Store.Format);
            writer.Int(nodes.ChunkSize);
            writer.Long(nodes.Store.PageBytes);

            var records = new Dictionary<Node, int>();
            var buffer = new byte[TreeFile.BufferBytes];
            foreach (var node in MostRecentFirst())
            {
                cancellation.ThrowIfCancellationRequested();
                writer.Int(node.Source switch { NodeSource.Root => RootRecord, NodeSource.Tokens => TokensRecord, _ => GivenRecord });
                switch (node)
                {
                    case { Parent: null }:
                        writer.Text(node.Key.Program);
                        writer.Text(node.Key.Checkpoint);
                        break;
                    case { Content: { } content, Parent: { } parent }:
                        writer.Int(records[parent]);
                        writer.Text(content.Identity);
                        break;
                    default:
                        WriteChunk(writer, node, records[node.Parent], buffer);
                        break;
                }

                chunks += node.Page >= 0 ? 1 : 0;
                records.Add(node, records.Count);
            }

            writer.Int(EndRecord);
        });
        return chunks;
    }

    /// <summary>See <see cref="PrefixTree.Load"/>.</summary>
    public int Load(RootKey key, string path, CancellationToken cancellation)
    {
        var taken = new List<Node>();
        try
        {
            TreeFile.Read(path, cancellation, reader => Load(reader, key with { Tenant = "" }, taken, cancellation));
        }
        catch
        {
            // Children come after their parents.
            for (var i = taken.Count - 1; i >= 0; i--)
                eviction.Remove(taken[i]);
            throw;
        }
        finally
        {
            // Roots and contents without anything below them.
            foreach (var node in nodes.Alive.Where(static node => node is { Users: 0, ChildCount: 0, Page: < 0 }).ToList())
                eviction.Remove(node);
        }

        // The first of the file was used last.
        foreach (var node in taken)
            NodeTable.Unqueue(node);
        for (var i = taken.Count - 1; i >= 0; i--)
        {
            taken[i].LastUsed = ++nodes.Clock;
            taken[i].Priority = 0;
            if (taken[i] is { ChildCount: 0, Users: 0 })
                NodeTable.Queue(taken[i]);
        }

        foreach (var node in taken)
            nodes.MarkStored(node);
        return taken.Count;
    }

    // Roots, then complete nodes. The last use of a parent is not before that of its children, and a parent is made before its children.
    private IEnumerable<Node> MostRecentFirst()
    {
        var used = new Dictionary<Node, long>();
        foreach (var node in nodes.Alive.Where(static node => node.Source != NodeSource.Tokens || node.Computed == node.Scheduled)
            .OrderByDescending(static node => node.Born))
        {
            if (node.Source == NodeSource.Tokens && node.Computed < nodes.ChunkSize)
                continue;
            used[node] = Math.Max(node.Users > 0 ? long.MaxValue : node.LastUsed, used.GetValueOrDefault(node));
            if (node.Parent is { } parent)
                used[parent] = Math.Max(used.GetValueOrDefault(parent), used[node]);
        }

        return used.Keys.OrderBy(static node => node.Parent is not null).ThenByDescending(node => used[node]).ThenBy(static node => node.Born);
    }

    private void WriteChunk(TreeFile.Writer writer, Node node, int parent, byte[] buffer)
    {
        writer.Int(parent);
        writer.Text(node.Tenant!.Name);
        writer.Int(node.FirstPosition);
        writer.Int(node.EndPosition);
        writer.Int(node.Computed);
        writer.Bytes(MemoryMarshal.AsBytes(nodes.TokensOf(node)[..node.Computed]));

        for (var at = 0L; at < nodes.Store.PageBytes; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(nodes.Store.PageBytes - at, buffer.Length));
            nodes.Store.Read(node.Page, at, part);
            writer.Bytes(part);
        }
    }

    private void Load(TreeFile.Reader reader, RootKey key, List<Node> taken, CancellationToken cancellation)
    {
        var storage = nodes.Store.Storage.Name();
        if (reader.Text() is var saved && saved != storage)
            throw new TreeFileException(
                reader.Path, $"its keys and values are stored as {saved}, and those of this engine as {storage} (EngineOptions.KvStorage)");

        if (reader.Text() is var format && format != nodes.Store.Format)
            throw new TreeFileException(
                reader.Path, $"its numbers were computed by \"{format}\" and this is \"{nodes.Store.Format}\", which may differ in the last bit");
        var (chunkSize, bytes) = (reader.Int(), reader.Long());
        if (chunkSize != nodes.ChunkSize || bytes != nodes.Store.PageBytes)
            throw new TreeFileException(
                reader.Path,
                $"its chunks are {chunkSize} tokens and {bytes} bytes, and those of this engine {nodes.ChunkSize} and {nodes.Store.PageBytes}");

        var buffer = new byte[TreeFile.BufferBytes];
        // The nodes of the records so far; null for those that are not taken.
        var records = new List<Node?>();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            switch (reader.Int())
            {
                case EndRecord:
                    return;
                case RootRecord:
                    var found = new RootKey(reader.Text(), reader.Text(), "");
                    records.Add(found == key ? nodes.RootOf(found) : null);
                    break;
                case TokensRecord:
                    records.Add(LoadChunk(reader, records, taken, buffer));
                    break;
                case GivenRecord:
                    records.Add(LoadGiven(reader, records));
                    break;
                case var kind:
                    throw new TreeFileException(reader.Path, $"a record is of kind {kind}");
            }
        }
    }

    // null for a content that is not loaded: the chunks below it are passed over.
    private Node? LoadGiven(TreeFile.Reader reader, List<Node?> records)
    {
        var (parent, identity) = (ParentOf(reader, records), reader.Text());
        if (parent is not null && !nodes.IsComplete(parent))
            throw new TreeFileException(reader.Path, "a given content is below a chunk that is not full");
        return parent is null || FindContent(identity) is not { } content ? null
            : nodes.Index.FindGiven(parent, identity) ?? nodes.AddGiven(parent, content);
    }

    private Node? LoadChunk(TreeFile.Reader reader, List<Node?> records, List<Node> taken, byte[] buffer)
    {
        var parent = ParentOf(reader, records);
        var (tenantName, first, end, keys) = (reader.Text(), reader.Int(), reader.Int(), reader.Int());
        if (keys != nodes.ChunkSize || end != first + keys || (parent is not null && (!nodes.IsComplete(parent) || first != parent.EndPosition)))
            throw new TreeFileException(reader.Path, $"a chunk has {keys} keys at {first} to {end}");
        var tokens = new int[keys];
        reader.Bytes(MemoryMarshal.AsBytes(tokens.AsSpan()));

        var tenant = parent is null ? null : nodes.Tenants.Get(tenantName);
        var known = tenant is null ? null : nodes.Index.FindFull(parent!, tokens, tenant.Id);
        // Nothing is evicted for a file.
        if (tenant is null || known is not null || tenant.Budget.Used == tenant.Budget.Quota || !eviction.TryTakePage(tenant.Budget, out var page))
        {
            reader.Skip(nodes.Store.PageBytes);
            if (tenant is not null)
                nodes.Tenants.ForgetUnused(tenant);

            // A chunk that is still being computed takes no children.
            return known is not null && known.Computed < nodes.ChunkSize ? null : known;
        }

        var node = nodes.Add(NodeSource.Tokens, parent, page, tenant);
        taken.Add(node);
        (node.FirstPosition, node.EndPosition) = (first, end);
        tokens.CopyTo(nodes.TokensOf(node));
        node.Known = node.Scheduled = node.Computed = keys;
        node.Sealed = true;
        nodes.Index.Add(node);
        NodeTable.Queue(node);
        for (var at = 0L; at < nodes.Store.PageBytes; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(nodes.Store.PageBytes - at, buffer.Length));
            reader.Bytes(part);
            nodes.Store.Write(page, at, part);
        }

        return node;
    }

    private static Node? ParentOf(TreeFile.Reader reader, List<Node?> records)
    {
        var parent = reader.Int();
        return (uint)parent < (uint)records.Count ? records[parent]
            : throw new TreeFileException(reader.Path, $"a record is below record {parent}, and there are {records.Count} before it");
    }
}
