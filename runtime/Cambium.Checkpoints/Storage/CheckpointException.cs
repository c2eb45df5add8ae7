namespace Cambium.Checkpoints;

/// <summary>
/// A checkpoint is damaged or does not fit. The message names the file, the field or tensor, the found and the expected value, and the fix.
/// </summary>
public sealed class CheckpointException : Exception
{
    /// <param name="file">Path of the file.</param>
    /// <param name="subject">A tensor, a field or a part of the file; null for the file as a whole.</param>
    /// <param name="problem">The found and the expected value.</param>
    /// <param name="fix">The fix, as a sentence.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public CheckpointException(string file, string? subject, string problem, string? fix = null, Exception? inner = null)
        : base($"{file}: {(subject is null ? "" : subject + ": ")}{problem.TrimEnd('.')}.{(fix is null ? "" : " " + fix)}", inner)
    {
        File = file;
        Subject = subject;
    }

    /// <summary>Path of the file.</summary>
    public string File { get; }

    /// <summary>The tensor or field, if the error is about one.</summary>
    public string? Subject { get; }
}
