using System.Globalization;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>
/// The time of encoding one text. Patterns of a file may take long for each piece: the limit for one match is not a limit for a text.
/// </summary>
internal readonly struct EncodingTime(string file, int length)
{
    // Far more than a slow machine takes with a reasonable tokenizer: 20 characters in a millisecond.
    private const long MostMilliseconds = 20_000;
    private const int CharactersPerMillisecond = 20;

    private readonly long _end = Environment.TickCount64 + MostMilliseconds + (length / CharactersPerMillisecond);

    /// <exception cref="CheckpointException">The time is over.</exception>
    public void Check()
    {
        if (Environment.TickCount64 <= _end)
            return;
        double seconds = (MostMilliseconds + (length / CharactersPerMillisecond)) / 1000.0;
        throw new CheckpointException(
            file, "field 'pre_tokenizer'",
            $"takes more than {seconds.ToString("0.##", CultureInfo.InvariantCulture)} s for a text of {length} characters",
            "Its patterns backtrack; use the tokenizer's original file.");
    }
}
