namespace Cambium.Cli;

/// <summary>Exit codes of the process.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command failed, or a comparison did.</summary>
    public const int Failure = 1;

    /// <summary>The command line is invalid.</summary>
    public const int Usage = 2;

    /// <summary>The code that shells report for a process ended by Ctrl-C.</summary>
    public const int Cancelled = 130;

    /// <summary>The code that shells report for a process whose output has no reader any more (SIGPIPE).</summary>
    public const int ReaderGone = 141;
}
