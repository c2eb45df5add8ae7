namespace Cambium.Cli;

/// <summary>An error that the user can fix. The message is one line: what was found, what was expected, and the fix.</summary>
internal sealed class UserException(string message, Exception? inner = null) : Exception(message, inner);
