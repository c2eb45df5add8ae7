namespace Cambium.Runtime.Cache;

/// <summary>A saved tree cannot be used. Nothing of it was taken: its content is computed again on request.</summary>
/// <param name="file">Its path.</param>
/// <param name="problem">The values found and expected.</param>
/// <param name="inner">The cause, if there is one.</param>
public sealed class TreeFileException(string file, string problem, Exception? inner = null)
    : Exception($"{file}: {problem}. Nothing of it was taken; delete it, or save a tree again.", inner)
{
    /// <summary>Path of the file.</summary>
    public string File { get; } = file;
}
