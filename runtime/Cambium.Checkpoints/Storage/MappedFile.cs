using System.IO.MemoryMappedFiles;
using Cambium.Checkpoints.Memory;

namespace Cambium.Checkpoints;

/// <summary>A file mapped into memory, read-only.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private const nuint Folio = 2 << 20;

    private readonly nuint _length;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private NativeBlock _copy;
    private byte* _start;

    /// <param name="stream">The file, which is not empty; it may be closed afterwards.</param>
    /// <exception cref="IOException">The file cannot be mapped.</exception>
    public MappedFile(FileStream stream)
    {
        _length = (nuint)stream.Length;
        // A mapping ends with the rest of a page, which can be read. A copy between guard pages ends with the file.
        if (GuardPages.AreOn)
        {
            _copy = Copy(stream);
            _start = _copy.Start;
            return;
        }

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

    /// <summary>Removes pages that have been read from the resident memory of the process. A later access maps them again.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="bytes">Bytes; the range is widened to multiples of 2 MiB inside the file.</param>
    public void Release(byte* start, long bytes)
    {
        // Pages of a copy would lose their contents.
        if (_map is null)
            return;
        // Linux keeps files in folios of up to 2 MiB and maps a whole one at an access, pages included that were dropped before.
        var first = (byte*)Math.Max((nuint)start & ~(Folio - 1), (nuint)_start);
        var end = (byte*)Math.Min(((nuint)start + (nuint)bytes + Folio - 1) & ~(Folio - 1), (nuint)_start + _length);
        MemoryAdvice.DropMappedPages(first, (nuint)(end - first));
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        _copy.Free();
        if (_start != null)
            _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _start = null;
        _view?.Dispose();
        _map?.Dispose();
    }

    private static NativeBlock Copy(FileStream stream)
    {
        var copy = new NativeBlock((nuint)stream.Length, alignment: 1);
        try
        {
            stream.Position = 0;
            using var target = new UnmanagedMemoryStream(copy.Start, stream.Length, stream.Length, FileAccess.Write);
            stream.CopyTo(target);
            return copy;
        }
        catch
        {
            copy.Free();
            throw;
        }
    }
}
