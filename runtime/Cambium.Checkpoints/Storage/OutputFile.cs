using Microsoft.Win32.SafeHandles;

namespace Cambium.Checkpoints;

/// <summary>
/// A file that is written whole or not at all: under a name of its own in the same folder, and renamed by <see cref="Complete"/>. Two writers of one
/// path do not disturb each other; the one that completes last wins. Disposed before it is complete, it removes what it wrote.
/// </summary>
public sealed class OutputFile : IDisposable
{
    private readonly string _target;
    private readonly string _temporary;
    private bool _isComplete;

    private OutputFile(string target, string temporary, SafeFileHandle handle)
    {
        _target = target;
        _temporary = temporary;
        Handle = handle;
    }

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Creates the file under its temporary name.</summary>
    /// <param name="path">The final path.</param>
    /// <inheritdoc cref="TargetOf" path="/exception"/>
    public static OutputFile Create(string path)
    {
        var target = TargetOf(path);
        // Not derived from the target's name, which may already be as long as a file system allows.
        var temporary = Path.Combine(Path.GetDirectoryName(target)!, $".cambium-{Path.GetRandomFileName()}.tmp");
        return new OutputFile(target, temporary, File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.ReadWrite));
    }

    /// <summary>The full path of the file that would be written: the end of a link, so that the link stays.</summary>
    /// <param name="path">A regular file, a link to one, or a path where no file is.</param>
    /// <exception cref="IOException">It is something else, which a rename would replace by a regular file: a device, a pipe, a socket or a
    /// folder.</exception>
    public static string TargetOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        if (FileKind.FindOther(full) is { } kind)
            throw new IOException($"{path}: is a {kind}, expected a regular file or a new name");
        return LinksFollowed(full);
    }

    /// <summary>The full path of what a path leads to; the path itself if that is not a link.</summary>
    public static string LinksFollowed(string path)
    {
        var full = Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
    }

    /// <summary>Closes the file and gives it its final name, in place of an older file.</summary>
    public void Complete()
    {
        Handle.Dispose();
        File.Move(_temporary, _target, overwrite: true);
        _isComplete = true;
    }

    /// <summary>Removes the file if it is not complete.</summary>
    public void Dispose()
    {
        Handle.Dispose();
        if (_isComplete)
            return;
        File.Delete(_temporary);
        _isComplete = true;
    }
}
