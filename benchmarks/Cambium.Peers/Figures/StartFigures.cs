namespace Cambium.Benchmarks;

/// <summary>
/// A process for each sample: the time from its start to the first token of a 16-token prompt, with the file in the page cache, and the largest
/// resident memory.
/// </summary>
internal static class StartFigures
{
    private const int PromptTokens = 16;
    private const int Generated = 16;
    private const int Context = 256;

    // Memory in addition to the weights that the target allows, in MB.
    private const double Allowance = 100;

    private static readonly HashSet<string> Types = new(StringComparer.Ordinal) { "F32", "BF16", "Q8_0", "Q4_K_M", "Q4_0" };

    public static void Measure(Session session)
    {
        var programs = session.WithProgress("Publishing", report => Programs.Publish(session.Settings.Folder, report, session.Cancellation));
        foreach (var file in session.Settings.Types.Where(static file => Types.Contains(file.Name)))
        {
            var (path, name, prompt) = ("", "", "");
            session.With(file, pair => (path, name, prompt) = (pair.Path, pair.Name, PromptFor(pair)));
            // The models of this process are released before others are measured.
            if (path.Length == 0)
                continue;
            foreach (var threads in session.Settings.Threads)
                Measure(session, programs, path, name, prompt, threads);
        }
    }

    private static void Measure(Session session, Programs programs, string path, string name, string prompt, int threads)
    {
        Func<ProcessSample>[] engines =
        [
            () => programs.RunLlama(path, prompt, Generated, threads, Context, session.Cancellation),
            () => programs.RunCambium(path, prompt, Generated, threads, Context, session.Cancellation),
        ];
        var rounds = session.Settings.Rounds;
        var samples = session.WithProgress($"start, {name}, {threads} threads", report =>
        {
            var all = new ProcessSample[2, rounds];
            // The first round brings files into the page cache and is not counted.
            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < 2; i++)
                {
                    var which = (i + Math.Max(round, 0)) % 2;
                    all[which, Math.Max(round, 0)] = engines[which]();
                }

                report(round + 2, rounds + 1);
            }

            return all;
        });
        Estimate Of(Func<int, double> value) => Estimate.Of(Enumerable.Range(0, rounds).Select(value));

        session.Report.Add(new PeerFigure($"start to first token, {name}", threads, "s")
        {
            Llama = Of(round => samples[0, round].Seconds),
            Cambium = Of(round => samples[1, round].Seconds),
            Ratio = Of(round => samples[0, round].Seconds / samples[1, round].Seconds),
        }.WithLeast(1, null));
        var memory = Of(round => samples[1, round].PeakMegabytes);
        var most = (1.15 * new FileInfo(path).Length / 1e6) + Allowance;
        session.Report.Add(new PeerFigure($"peak resident memory, {name}", threads, "MB")
        {
            Llama = Of(round => samples[0, round].PeakMegabytes),
            Cambium = memory,
            Ratio = Of(round => samples[0, round].PeakMegabytes / samples[1, round].PeakMegabytes),
            Target = FormattableString.Invariant($"<= {most:0} MB"),
            IsMet = memory.Median <= most,
        });
    }

    // Words of the generated vocabulary, as many as give the wanted tokens with BOS.
    private static string PromptFor(ModelPair pair)
    {
        string[] words = ["and", "can", "for", "hat", "ice", "jam", "lid", "map", "not", "old", "par", "egg", "dog", "big", "ant", "cup", "far"];
        for (var count = 1; count <= words.Length; count++)
        {
            var text = string.Join(' ', words.Take(count));
            var (llama, cambium) = (pair.Llama.Encode(text), pair.Cambium.Encode(text));
            if (!llama.SequenceEqual(cambium))
            {
                throw new InvalidOperationException(
                    $"'{text}' has the tokens {string.Join(' ', llama)} in llama.cpp and {string.Join(' ', cambium)} in Cambium.");
            }

            if (llama.Length == PromptTokens)
                return text;
        }

        throw new InvalidOperationException($"No number of words gives {PromptTokens} tokens.");
    }
}
