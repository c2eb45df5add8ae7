using System.Buffers.Binary;

namespace Cambium.Checkpoints;

/// <summary>A tensor of a file to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Storage of its elements.</param>
/// <param name="Shape">Extents, outermost first.</param>
public sealed record TensorLayout(string Name, ElementType Type, IReadOnlyList<long> Shape);

/// <summary>
/// A safetensors file that is laid out first and then filled in any order: for results that arrive in pieces and may be larger than memory. It is an
/// <see cref="OutputFile"/>: there after <see cref="Complete"/>, or not at all.
/// </summary>
public sealed class SafetensorsOutput : IDisposable
{
    private readonly IReadOnlyList<TensorLayout> _tensors;
    private readonly long[] _offsets;
    private readonly OutputFile _file;

    private SafetensorsOutput(IReadOnlyList<TensorLayout> tensors, long[] offsets, OutputFile file)
    {
        _tensors = tensors;
        _offsets = offsets;
        _file = file;
    }

    /// <summary>Creates the file. Bytes that are not written are zero.</summary>
    /// <param name="path">The final path.</param>
    /// <param name="tensors">Its tensors; the order of their data in the file.</param>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    /// <exception cref="IOException">The file cannot be created, or the path is a device, a pipe or a folder.</exception>
    public static SafetensorsOutput Create(string path, IReadOnlyList<TensorLayout> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (TensorLayout tensor in tensors)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"Tensor '{tensor.Name}' appears 2 times.", nameof(tensors));
        }

        byte[] json = SafetensorsWriter.Header(
            [.. tensors.Select(static tensor => (tensor.Name, tensor.Type.Name(), tensor.Shape))], new Dictionary<string, string>());
        byte[] header = new byte[8 + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(header, json.Length);
        json.CopyTo(header, 8);
        long[] offsets = new long[tensors.Count];
        long at = header.Length;
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = at;
            at = checked(at + Bytes(tensors[i]));
        }

        OutputFile file = OutputFile.Create(path);
        try
        {
            RandomAccess.SetLength(file.Handle, at);
            RandomAccess.Write(file.Handle, header, 0);
            return new SafetensorsOutput(tensors, offsets, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes elements of a tensor.</summary>
    /// <param name="tensor">Index among the tensors given.</param>
    /// <param name="first">The first element to write, in row-major order.</param>
    /// <param name="values">The elements as they are stored, little endian.</param>
    /// <exception cref="ArgumentOutOfRangeException">They would leave the tensor.</exception>
    public void Write(int tensor, long first, ReadOnlySpan<byte> values)
    {
        long at = first * _tensors[tensor].Type.Bytes();
        if (first < 0 || at + values.Length > Bytes(_tensors[tensor]))
        {
            throw new ArgumentOutOfRangeException(
                nameof(first), first,
                $"Tensor '{_tensors[tensor].Name}' has {Bytes(_tensors[tensor])} bytes, and bytes {at} to {at + values.Length} would be written.");
        }

        RandomAccess.Write(_file.Handle, values, _offsets[tensor] + at);
    }

    /// <summary>Closes the file and gives it its final name, replacing an existing file.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_file.Handle.IsClosed, this);
        _file.Complete();
    }

    /// <summary>Removes the file if it is not complete.</summary>
    public void Dispose() => _file.Dispose();

    private static long Bytes(TensorLayout tensor) =>
        tensor.Shape.Aggregate((long)tensor.Type.Bytes(), static (product, extent) => checked(product * extent));
}
