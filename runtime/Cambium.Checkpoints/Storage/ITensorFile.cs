namespace Cambium.Checkpoints;

/// <summary>A file of tensors, mapped into memory.</summary>
internal unsafe interface ITensorFile : IDisposable
{
    /// <summary>Where the file is.</summary>
    string Path { get; }

    /// <summary>First byte of a tensor's data, at no particular alignment.</summary>
    byte* Pointer(TensorInfo tensor);
}
