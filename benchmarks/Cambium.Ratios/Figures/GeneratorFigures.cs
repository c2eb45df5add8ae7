using System.Diagnostics;

namespace Cambium.Benchmarks;

/// <summary>The source generator as a build and as an editor see it, on the Llama class and its blocks.</summary>
internal static class GeneratorFigures
{
    public static void Measure(Session session)
    {
        var rounds = session.Options.Pairs;
        var generator = new GeneratorSession();
        var start = Stopwatch.GetTimestamp();
        var characters = generator.Generate();
        var first = Stopwatch.GetElapsedTime(start).TotalSeconds;

        var (comment, forward) = (0, 0);
        var runs = Interleaved.Run(
            rounds,
            new Arm("whole", () => generator.Generate()),
            new Arm("comment", () => generator.EditComment(++comment)),
            new Arm("forward", () => generator.EditForward(++forward)));

        session.Report.Group("Llama and its blocks");
        session.Report.Count("first generation in a new process (mostly the run-time compiler)", "s", first);
        session.Report.Add("generation from nothing", "ms", runs.Milliseconds("whole"), atMost: 1000);
        session.Report.Add("a comment is edited", "ms", runs.Milliseconds("comment"));
        session.Report.Add("a Forward is edited", "ms", runs.Milliseconds("forward"));
        session.Report.Count("generated", "characters", characters);
        generator.Generate();
        generator.EditComment(-1);
        session.Report.Count("outputs behind the spec made anew by a comment", "", generator.Recomputed(), atMost: 0);
        generator.EditForward(-1);
        session.Report.Count("and by an edit in Forward", "", generator.Recomputed());
    }
}
