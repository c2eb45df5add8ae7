namespace Cambium.Checkpoints;

/// <summary>A file of tensors, mapped into memory.</summary>
internal unsafe interface ITensorFile : IDisposable
{
    /// <summary>The path.</summary>
    string Path { get; }

    /// <summary>First byte of a tensor's data, not aligned.</summary>
    byte* Pointer(TensorInfo tensor);
}
