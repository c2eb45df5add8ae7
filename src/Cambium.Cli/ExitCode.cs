namespace Cambium.Cli;

/// <summary>What the process says at its end.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command failed, or a comparison did.</summary>
    public const int Failure = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>As a shell reports a process that was ended by Ctrl-C.</summary>
    public const int Cancelled = 130;
}
