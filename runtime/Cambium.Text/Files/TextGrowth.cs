using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>
/// The longest text that steps of a file may make of another one. Several steps in a row may each replace one character by many; a text that grows
/// beyond this limit is an attack.
/// </summary>
internal static class TextGrowth
{
    private const long MaxFactor = 64;
    private const long MaxBase = 1 << 16;

    public static long Most(int length) => MaxBase + (MaxFactor * length);

    /// <exception cref="CheckpointException">The text is too long.</exception>
    public static void Check(TokenizerJson json, string field, long length, long most)
    {
        if (length > most)
        {
            throw new CheckpointException(
                json.File, $"field '{field}'", $"makes {length} characters of a text, expected at most {most} for this text",
                "The file is damaged; fetch it again.");
        }
    }
}
