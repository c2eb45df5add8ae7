using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Runtime.Loading;

/// <summary>
/// Identity of a checkpoint: SHA-256 over the settings (<c>config.json</c>, or the metadata of a GGUF file) and, in the order of their names, each
/// tensor's name, dtype, shape and content; and their rounding in memory, and the arithmetic of products, if they are not exact. The tensors of a
/// checkpoint of up to 16 MiB count whole. In a larger one, tensors above 64 KiB count by 16 evenly spaced blocks of 4 KiB, so that the name takes
/// milliseconds. The distribution of tensors over files does not count.
/// </summary>
internal static unsafe class Fingerprint
{
    private const long SmallCheckpoint = 16 << 20;
    private const int Block = 4 << 10;
    private const int Blocks = 16;

    /// <param name="adapters">Digests of the adapters that were added to the weights, in their order.</param>
    public static string Compute(ReadOnlySpan<byte> settings, WeightStorage storage, WeightProducts products, CheckpointFiles files,
        IReadOnlyList<byte[]> adapters, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("cambium checkpoint 2\0"u8);
        // Weights as they are stored give the results of f32.
        if (storage is not (WeightStorage.F32 or WeightStorage.Stored))
            Append(hash, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"kept as {storage}/{WeightStorages.Group}")));
        var isQuantized = storage.HasScales()
            || (storage == WeightStorage.Stored && files.Tensors.Any(static stored => stored.Tensor.Type.Blocks() is not null));
        if (isQuantized && products == WeightProducts.Integer)
            Append(hash, "integer products"u8);
        Append(hash, settings);
        foreach (var adapter in adapters)
            Append(hash, adapter);
        var isSmall = files.Tensors.Sum(static stored => stored.Tensor.Bytes) <= SmallCheckpoint;
        foreach (StoredTensor stored in files.Tensors.OrderBy(static stored => stored.Tensor.Name, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            TensorInfo tensor = stored.Tensor;
            Append(hash,
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}\0{tensor.TypeName}\0{tensor.ShapeText}")));
            byte* data = stored.File.Pointer(tensor);
            if (isSmall || tensor.Bytes <= Block * Blocks)
            {
                hash.AppendData(new ReadOnlySpan<byte>(data, (int)tensor.Bytes));
            }
            else
            {
                for (int i = 0; i < Blocks; i++)
                {
                    long at = (long)((Int128)(tensor.Bytes - Block) * i / (Blocks - 1));
                    hash.AppendData(new ReadOnlySpan<byte>(data + at, Block));
                }
            }

            stored.Release();
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The length goes first, so that no two lists of parts give the same stream.</summary>
    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> data)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, data.Length);
        hash.AppendData(length);
        hash.AppendData(data);
    }
}
