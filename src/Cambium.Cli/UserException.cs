namespace Cambium.Cli;

/// <summary>Something the user can mend. The message is one line that names what was found, what was expected, and the fix.</summary>
internal sealed class UserException(string message, Exception? inner = null) : Exception(message, inner);
