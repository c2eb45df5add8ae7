namespace Cambium.Checkpoints;

/// <summary>A file of tensors, mapped into memory.</summary>
internal unsafe interface ITensorFile : IDisposable
{
    /// <summary>The path.</summary>
    string Path { get; }

    /// <summary>First byte of a tensor's data, not aligned.</summary>
    byte* Pointer(TensorInfo tensor);

    /// <summary>Removes pages that have been read from the resident memory of the process. A later access maps them again.</summary>
    /// <param name="start">First byte; inside a tensor.</param>
    /// <param name="bytes">Bytes.</param>
    void Release(byte* start, long bytes);
}
