using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Cambium.Checkpoints;

/// <summary>A tensor of a file to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Storage of its elements.</param>
/// <param name="Shape">Extents, outermost first.</param>
public sealed record TensorLayout(string Name, ElementType Type, IReadOnlyList<long> Shape);

/// <summary>
/// A safetensors file that is laid out first and then filled in any order: for results that arrive in pieces and may be larger than memory. It is
/// written to a temporary file in the same folder, which <see cref="Complete"/> renames. Disposed before that, it deletes the temporary file.
/// </summary>
public sealed class SafetensorsOutput : IDisposable
{
    private readonly string _path;
    private readonly IReadOnlyList<TensorLayout> _tensors;
    private readonly long[] _offsets;
    private readonly SafeFileHandle _file;

    private SafetensorsOutput(string path, IReadOnlyList<TensorLayout> tensors, long[] offsets, SafeFileHandle file)
    {
        _path = path;
        _tensors = tensors;
        _offsets = offsets;
        _file = file;
    }

    /// <summary>Creates the file. Bytes that are not written are zero.</summary>
    /// <param name="path">The final path.</param>
    /// <param name="tensors">Its tensors; the order of their data in the file.</param>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    /// <exception cref="IOException">The file cannot be created.</exception>
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

        SafeFileHandle file = File.OpenHandle(path + ".tmp", FileMode.Create, FileAccess.Write);
        var output = new SafetensorsOutput(path, tensors, offsets, file);
        try
        {
            RandomAccess.SetLength(file, at);
            RandomAccess.Write(file, header, 0);
            return output;
        }
        catch
        {
            output.Dispose();
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

        RandomAccess.Write(_file, values, _offsets[tensor] + at);
    }

    /// <summary>Closes the file and renames it to its final path, replacing an existing file.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_file.IsClosed, this);
        _file.Dispose();
        File.Move(_path + ".tmp", _path, overwrite: true);
    }

    /// <summary>Removes the file if it is not complete.</summary>
    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        _file.Dispose();
        File.Delete(_path + ".tmp");
    }

    private static long Bytes(TensorLayout tensor) =>
        tensor.Shape.Aggregate((long)tensor.Type.Bytes(), static (product, extent) => checked(product * extent));
}
