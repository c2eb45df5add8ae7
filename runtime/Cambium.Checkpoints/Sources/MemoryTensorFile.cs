using Cambium.Checkpoints.Memory;

namespace Cambium.Checkpoints;

/// <summary>Tensors of f32 in memory that take the place of those of a file.</summary>
/// <param name="path">Where they come from, for messages.</param>
internal sealed unsafe class MemoryTensorFile(string path) : ITensorFile
{
    private readonly List<NativeBlock> _blocks = [];

    public string Path { get; } = path;

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape.</param>
    /// <returns>The tensor, and its floats, which are undefined at first.</returns>
    public (TensorInfo Tensor, nint Floats) Add(string name, IReadOnlyList<long> shape)
    {
        var elements = shape.Aggregate(1L, static (product, extent) => checked(product * extent));
        var bytes = checked(elements * sizeof(float));
        _blocks.Add(new NativeBlock((nuint)bytes));
        return (new TensorInfo(name, ElementType.F32, shape, _blocks.Count - 1, bytes), (nint)_blocks[^1].Start);
    }

    // The offset of a tensor is the number of its block.
    public byte* Pointer(TensorInfo tensor) => _blocks[(int)tensor.Offset].Start;

    public void Release(byte* start, long bytes)
    {
        // There is no file to read the pages from again.
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
            block.Free();
        _blocks.Clear();
    }
}
