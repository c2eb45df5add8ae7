namespace Cambium.Runtime.Cache;

/// <summary>A saved tree cannot be used. Nothing of it was taken: what it held is computed again when it is asked for.</summary>
/// <param name="file">Its path.</param>
/// <param name="problem">What was found and what was expected.</param>
/// <param name="inner">The error underneath, if there is one.</param>
public sealed class TreeFileException(string file, string problem, Exception? inner = null)
    : Exception($"{file}: {problem}. Nothing of it was taken; delete it, or save a tree again.", inner)
{
    /// <summary>Path of the file.</summary>
    public string File { get; } = file;
}
