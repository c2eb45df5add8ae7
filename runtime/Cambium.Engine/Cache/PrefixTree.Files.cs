using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Cache;

// Saving and loading.
public sealed partial class PrefixTree
{
    private const int EndRecord = 0;
    private const int RootRecord = 1;
    private const int TokensRecord = 2;
    private const int GivenRecord = 3;

    /// <summary>Writes all complete chunks, those in use and those cached, into a file: whole or not at all.</summary>
    /// <returns>Chunks written.</returns>
    public int Save(string path)
    {
        var chunks = 0;
        TreeFile.Write(path, writer =>
        {
            writer.Text(_store.Format);
            writer.Int(ChunkSize);
            writer.Long(_store.PageBytes);

            var records = new Dictionary<Node, int>();
            var buffer = new byte[TreeFile.BufferBytes];
            foreach (var node in MostRecentFirst())
            {
                writer.Int(node.Source switch { NodeSource.Root => RootRecord, NodeSource.Tokens => TokensRecord, _ => GivenRecord });
                if (node.Parent is { } parent)
                    Write(writer, node, records[parent], buffer);
                else
                    Write(writer, node.Key);
                chunks += node.Page >= 0 ? 1 : 0;
                records.Add(node, records.Count);
            }

            writer.Int(EndRecord);
        });
        return chunks;
    }

    /// <summary>Takes chunks from a file as cached ones: those used last first, as far as there are free pages; nothing is evicted for them.</summary>
    /// <param name="key">The namespace whose chunks are wanted, of all tenants; others are passed over.</param>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <returns>Chunks taken.</returns>
    /// <exception cref="TreeFileException">It is damaged, or was made by another program, build or instruction set; nothing of it was taken.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public int Load(RootKey key, string path)
    {
        var taken = new List<Node>();
        try
        {
            TreeFile.Read(path, reader => Load(reader, key with { Tenant = "" }, taken));
        }
        catch
        {
            // Children come after their parents.
            for (var i = taken.Count - 1; i >= 0; i--)
                Remove(taken[i]);
            throw;
        }
        finally
        {
            foreach (var root in _roots.Values.Where(static root => root is { Users: 0, ChildCount: 0 }).ToList())
                Remove(root);
        }

        // The first of the file was used last.
        foreach (var node in taken)
        {
            if (node.QueueSlot >= 0)
                QueueOf(node).Remove(node);
        }

        for (var i = taken.Count - 1; i >= 0; i--)
        {
            taken[i].LastUsed = ++_clock;
            taken[i].Priority = 0;
            if (taken[i] is { ChildCount: 0, Users: 0 })
                QueueOf(taken[i]).Add(taken[i]);
        }

        foreach (var node in taken)
            TellStored(node);
        return taken.Count;
    }

    // Roots, then complete nodes; a parent counts as used when the last of its children was, and is made before them.
    private IEnumerable<Node> MostRecentFirst()
    {
        var used = new Dictionary<Node, long>();
        foreach (var node in _nodes.Where(static node => node.Alive && (node.Source != NodeSource.Tokens || node.Computed == node.Scheduled)).OrderByDescending(static node => node.Born))
        {
            if (node.Source == NodeSource.Tokens && node.Computed < ChunkSize)
                continue;
            used[node] = Math.Max(node.Users > 0 ? long.MaxValue : node.LastUsed, used.GetValueOrDefault(node));
            if (node.Parent is { } parent)
                used[parent] = Math.Max(used.GetValueOrDefault(parent), used[node]);
        }

        return used.Keys.OrderBy(static node => node.Page >= 0).ThenByDescending(node => used[node]).ThenBy(static node => node.Born);
    }

    private void Write(TreeFile.Writer writer, in RootKey key)
    {
        writer.Text(key.Program);
        writer.Text(key.Checkpoint);
    }

    private void Write(TreeFile.Writer writer, Node node, int parent, byte[] buffer)
    {
        writer.Int(parent);
        writer.Text(node.Tenant!.Name);
        writer.Int(node.FirstPosition);
        writer.Int(node.EndPosition);
        writer.Int(node.Computed);
        if (node.Source == NodeSource.Given)
            writer.Text(node.Identity!);
        else
            writer.Bytes(MemoryMarshal.AsBytes(TokensOf(node)[..node.Computed]));

        for (var at = 0L; at < _store.PageBytes; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(_store.PageBytes - at, buffer.Length));
            _store.Read(node.Page, at, part);
            writer.Bytes(part);
        }
    }

    private void Load(TreeFile.Reader reader, RootKey key, List<Node> taken)
    {
        if (reader.Text() is var format && format != _store.Format)
            throw new TreeFileException(reader.Path, $"its numbers were computed by \"{format}\" and this is \"{_store.Format}\", which may differ in the last bit");
        var (chunkSize, bytes) = (reader.Int(), reader.Long());
        if (chunkSize != ChunkSize || bytes != _store.PageBytes)
            throw new TreeFileException(reader.Path, $"its chunks are {chunkSize} tokens and {bytes} bytes, and those of this engine {ChunkSize} and {_store.PageBytes}");

        var buffer = new byte[TreeFile.BufferBytes];
        // The nodes of the records so far; null for those that are not taken.
        var nodes = new List<Node?>();
        while (true)
        {
            switch (reader.Int())
            {
                case EndRecord:
                    return;
                case RootRecord:
                    var found = new RootKey(reader.Text(), reader.Text(), "");
                    nodes.Add(found == key ? RootOf(found) : null);
                    break;
                case TokensRecord:
                    nodes.Add(LoadChunk(reader, nodes, NodeSource.Tokens, taken, buffer));
                    break;
                case GivenRecord:
                    nodes.Add(LoadChunk(reader, nodes, NodeSource.Given, taken, buffer));
                    break;
                case var kind:
                    throw new TreeFileException(reader.Path, $"a record is of kind {kind}");
            }
        }
    }

    private Node? LoadChunk(TreeFile.Reader reader, List<Node?> nodes, NodeSource source, List<Node> taken, byte[] buffer)
    {
        var parentRecord = reader.Int();
        if ((uint)parentRecord >= (uint)nodes.Count)
            throw new TreeFileException(reader.Path, $"a record is below record {parentRecord}, and there are {nodes.Count} before it");
        var (parent, tenantName, first, end, keys) = (nodes[parentRecord], reader.Text(), reader.Int(), reader.Int(), reader.Int());
        if (keys < 1 || keys > ChunkSize || (source == NodeSource.Tokens && (keys != ChunkSize || end != first + keys)) || (parent is not null && (!IsComplete(parent) || (source == NodeSource.Tokens && first != parent.EndPosition))))
            throw new TreeFileException(reader.Path, $"a chunk has {keys} keys at {first} to {end}");
        var identity = source == NodeSource.Given ? reader.Text() : null;
        var tokens = new int[source == NodeSource.Tokens ? keys : 0];
        reader.Bytes(MemoryMarshal.AsBytes(tokens.AsSpan()));

        var tenant = parent is null ? null : TenantOf(tenantName);
        var known = tenant is null ? null : source == NodeSource.Given ? FindGiven(parent!, tenant, identity!) : FindFull(parent!, tokens, tenant.Id, null);
        if (tenant is null || known is not null || tenant.Budget.Used == tenant.Budget.Quota || !TryTakePage(tenant.Budget, out var page))
        {
            reader.Skip(_store.PageBytes);
            if (tenant is { Uses: 0, IsLasting: false })
                Forget(tenant);

            // One that is part full takes no children.
            return known is { Source: NodeSource.Tokens } && known.Computed < ChunkSize ? null : known;
        }

        var node = NewNode(source, parent, page, tenant);
        taken.Add(node);
        (node.FirstPosition, node.EndPosition, node.Identity) = (first, end, identity);
        tokens.CopyTo(TokensOf(node));
        node.Known = node.Scheduled = node.Computed = keys;
        node.Sealed = true;
        if (source == NodeSource.Tokens)
            Index(node);
        else
            _full.Add(node.Index, GivenKey(parent!, tenant, identity!));
        QueueOf(node).Add(node);
        for (var at = 0L; at < _store.PageBytes; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(_store.PageBytes - at, buffer.Length));
            reader.Bytes(part);
            _store.Write(page, at, part);
        }

        return node;
    }
}
