namespace Cambium.Checkpoints;

/// <summary>A checkpoint cannot be used as it is. The message names the file, what in it is wrong, what was found and expected, and the fix.</summary>
public sealed class CheckpointException : Exception
{
    /// <param name="file">Path of the file at fault.</param>
    /// <param name="subject">A tensor, a field or a part of the file; null for the file as a whole.</param>
    /// <param name="problem">What was found and what was expected.</param>
    /// <param name="fix">What the reader can do about it, as a sentence.</param>
    /// <param name="inner">The error underneath, if there is one.</param>
    public CheckpointException(string file, string? subject, string problem, string? fix = null, Exception? inner = null)
        : base($"{file}: {(subject is null ? "" : subject + ": ")}{problem.TrimEnd('.')}.{(fix is null ? "" : " " + fix)}", inner)
    {
        File = file;
        Subject = subject;
    }

    /// <summary>Path of the file at fault.</summary>
    public string File { get; }

    /// <summary>The tensor or field at fault, if it is one.</summary>
    public string? Subject { get; }
}
