using Cambium.Text;

namespace Cambium.Cli.Texts;

/// <summary>Encodes and decodes recorded texts, and compares.</summary>
internal static class TokenizerCheck
{
    // Many differences usually have one cause, so the output is limited.
    private const int MostShown = 20;

    /// <summary>Whether a folder has a tokenizer with recorded cases.</summary>
    public static bool Fits(string folder) => File.Exists(CasesOf(folder)) && File.Exists(TokenizerOf(folder));

    /// <summary>Compares all cases and prints the differences.</summary>
    /// <returns>Whether all cases agree.</returns>
    /// <exception cref="UserException">The cases cannot be read, or have no ids to compare.</exception>
    public static bool Run(string folder, Terminal terminal, CancellationToken cancellation)
    {
        var tokenizer = Tokenizer.Load(TokenizerOf(folder));
        var cases = TokenizerCase.Read(CasesOf(folder));
        if (cases.All(static one => one is { Ids: null, WithSpecial: null }))
        {
            throw new UserException($"{CasesOf(folder)}: has no case with 'ids' or 'with_special', expected at least one. "
                + "Record them with the reference implementation.");
        }

        List<string> differences = [];
        var different = 0;
        foreach (var one in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = differences.Count;
            differences.AddRange(Differences(tokenizer, one));
            different += differences.Count > before ? 1 : 0;
        }

        foreach (var difference in differences.Take(MostShown))
            terminal.Out.WriteLine(difference);
        if (differences.Count > MostShown)
            terminal.Out.WriteLine($"And {differences.Count - MostShown} more.");
        terminal.Out.WriteLine(different == 0
            ? $"All {cases.Length} texts agree: ids, decoded texts, and texts decoded token by token."
            : $"{different} of {cases.Length} texts differ.");
        return different == 0;
    }

    private static string TokenizerOf(string folder) => Path.Combine(folder, "tokenizer.json");

    private static string CasesOf(string folder) => Path.Combine(folder, "cases.json");

    private static IEnumerable<string> Differences(Tokenizer tokenizer, TokenizerCase one)
    {
        int[] Encode(bool addSpecial) => tokenizer.Encode(one.Text, addSpecial, parseSpecial: true);
        if (one.Ids is { } ids && Encode(addSpecial: false) is var encoded && !encoded.SequenceEqual(ids))
            yield return Line(one, "ids", List(encoded), List(ids));
        if (one.WithSpecial is { } special && Encode(addSpecial: true) is var all && !all.SequenceEqual(special))
            yield return Line(one, "with_special", List(all), List(special));
        if (one.Ids is null)
            yield break;
        (string, string?, bool)[] decodings = [("decoded", one.Decoded, false), ("decoded_skipping_special", one.DecodedSkippingSpecial, true)];
        foreach (var (name, expected, skip) in decodings)
        {
            if (expected is null)
                continue;
            var whole = tokenizer.Decode(one.Ids, skip);
            if (whole != expected)
                yield return Line(one, name, Quoted(whole), Quoted(expected));
            var stream = new TextStream(tokenizer, skip);
            var streamed = string.Concat(one.Ids.Select(stream.Append)) + stream.Flush();
            if (streamed != whole)
                yield return Line(one, name + ", token by token,", Quoted(streamed), Quoted(whole));
        }
    }

    private static string Line(TokenizerCase one, string what, string found, string expected) =>
        $"cases[{one.Number}] {Quoted(one.Text)}: {what} is {found}, expected {expected}.";

    private static string List(int[] ids) => $"[{string.Join(", ", ids.Take(40))}{(ids.Length > 40 ? ", ..." : "")}]";

    private static string Quoted(string text) => $"\"{(text.Length <= 60 ? text : text[..57] + "...").ReplaceLineEndings("\\n")}\"";
}
