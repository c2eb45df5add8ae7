using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Runtime.Cache;

/// <summary>
/// The file of a saved tree, version 3, little-endian: the magic "CMBMTREE", the version, the storage type of keys and values, the form of the
/// chunks, then records until one of kind 0, then SHA-256 of everything before it. A record is a kind (1 root, 2 tokens, 3 given), the number of its
/// parent's record, texts as UTF-8 with their lengths in bytes, and for a chunk its tokens and its bytes.
/// Parents come before children, the last used first.
/// </summary>
internal static class TreeFile
{
    public const int Version = 3;

    /// <summary>Bytes of a page that are copied at a time.</summary>
    public const int BufferBytes = 1 << 20;

    // The names of tenants are checked before; hashes and digests are far shorter.
    private const int LongestText = StoredName.LongestBytes;

    private static ReadOnlySpan<byte> Magic => "CMBMTREE"u8;

    /// <summary>Writes a file whole or not at all: <see cref="OutputFile"/>.</summary>
    /// <param name="cancellation">Checked before the file gets its name.</param>
    public static void Write(string path, CancellationToken cancellation, Action<Writer> write)
    {
        cancellation.ThrowIfCancellationRequested();
        using var file = OutputFile.Create(path);
        using (var stream = new FileStream(file.Handle, FileAccess.Write, 1 << 20))
        {
            using var writer = new Writer(stream);
            writer.Bytes(Magic);
            writer.Int(Version);
            write(writer);
            writer.Seal();
            stream.Flush(flushToDisk: true);
        }

        cancellation.ThrowIfCancellationRequested();
        file.Complete();
    }

    /// <summary>Verifies the checksum of a file and then reads the file.</summary>
    /// <exception cref="TreeFileException">It is damaged, or of another version.</exception>
    /// <exception cref="IOException">It cannot be read at all.</exception>
    public static void Read(string path, CancellationToken cancellation, Action<Reader> read)
    {
        cancellation.ThrowIfCancellationRequested();
        // To open a pipe would stop the loop's thread until it has a writer.
        if (FileKind.FindOther(Path.GetFullPath(path)) is { } kind)
            throw new TreeFileException(path, $"it is a {kind}, expected a regular file");
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        Span<byte> head = stackalloc byte[Magic.Length + sizeof(int)];
        if (stream.Length < head.Length + SHA256.HashSizeInBytes
            || stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
            || !head.StartsWith(Magic))
            throw new TreeFileException(path, "it is not a saved tree");
        if (BinaryPrimitives.ReadInt32LittleEndian(head[Magic.Length..]) is var version and not Version)
            throw new TreeFileException(path, $"it has version {version}, and this program reads version {Version}");
        if (!HasItsChecksum(stream, cancellation))
            throw new TreeFileException(path, "its checksum is not that of its content: it was cut off or changed");
        stream.Position = head.Length;
        try
        {
            read(new Reader(path, stream, stream.Length - SHA256.HashSizeInBytes));
        }
        catch (EndOfStreamException end)
        {
            throw new TreeFileException(path, "its records end in the middle of one", end);
        }
    }

    private static bool HasItsChecksum(FileStream stream, CancellationToken cancellation)
    {
        stream.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        for (var left = stream.Length - SHA256.HashSizeInBytes; left > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
            stream.ReadExactly(part);
            hash.AppendData(part);
            left -= part.Length;
        }

        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(expected);
        return CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), expected);
    }

    /// <summary>Writes the parts of a file.</summary>
    internal sealed class Writer(Stream stream) : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public void Bytes(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            stream.Write(bytes);
        }

        public void Int(int value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            Bytes(bytes);
        }

        public void Long(long value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            Bytes(bytes);
        }

        public void Text(string text)
        {
            var bytes = UnicodeText.Strict.GetBytes(text);
            if (bytes.Length > LongestText)
                throw new InvalidOperationException($"A name of {bytes.Length} bytes cannot be saved; the longest has {LongestText}.");
            Int(bytes.Length);
            Bytes(bytes);
        }

        public void Seal() => stream.Write(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();
    }

    /// <summary>Reads the parts that <see cref="Writer"/> wrote.</summary>
    internal sealed class Reader(string path, Stream stream, long end)
    {
        public string Path => path;

        public void Bytes(Span<byte> bytes)
        {
            if (stream.Position + bytes.Length > end)
                throw new EndOfStreamException();
            stream.ReadExactly(bytes);
        }

        public void Skip(long bytes)
        {
            if (bytes > end - stream.Position)
                throw new EndOfStreamException();
            stream.Seek(bytes, SeekOrigin.Current);
        }

        public int Int()
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            Bytes(bytes);
            return BinaryPrimitives.ReadInt32LittleEndian(bytes);
        }

        public long Long()
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            Bytes(bytes);
            return BinaryPrimitives.ReadInt64LittleEndian(bytes);
        }

        public string Text()
        {
            var length = Int();
            if (length is < 0 or > LongestText)
                throw new TreeFileException(path, $"a name has {length} bytes, and the longest possible has {LongestText}");
            var bytes = new byte[length];
            Bytes(bytes);
            try
            {
                return UnicodeText.Strict.GetString(bytes);
            }
            catch (DecoderFallbackException error)
            {
                throw new TreeFileException(path, $"a name of {length} bytes is not valid UTF-8", error);
            }
        }
    }
}
