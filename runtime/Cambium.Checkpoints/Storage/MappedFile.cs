using System.IO.MemoryMappedFiles;

namespace Cambium.Checkpoints;

/// <summary>A file mapped into memory, read-only.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    /// <param name="stream">The file, which is not empty; it may be closed afterwards.</param>
    /// <exception cref="IOException">The file cannot be mapped.</exception>
    public MappedFile(FileStream stream)
    {
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _map.Dispose();
            throw;
        }

        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _start = pointer + _view.PointerOffset;
    }

    /// <summary>First byte; throws once the file is disposed.</summary>
    public byte* Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == null, this);
            return _start;
        }
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (_start != null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _start = null;
        }

        _view.Dispose();
        _map.Dispose();
    }
}
