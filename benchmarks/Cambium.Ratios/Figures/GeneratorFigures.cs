using System.Diagnostics;

namespace Cambium.Benchmarks;

/// <summary>The source generator on the Llama class and its blocks, and on a project of twenty models: full and incremental runs.</summary>
internal static class GeneratorFigures
{
    public static void Measure(Session session)
    {
        var rounds = session.Options.Pairs;
        var generator = GeneratorSession.OfLlama();
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
        session.Report.Count("outputs after the spec recomputed for a comment", "", generator.Recomputed(), atMost: 0);
        generator.EditForward(-1);
        session.Report.Count("outputs after the spec recomputed for an edit in Forward", "", generator.Recomputed());

        MeasureTwenty(session, rounds);
    }

    private static void MeasureTwenty(Session session, int rounds)
    {
        var project = GeneratorSession.OfZoos(4);
        project.Generate();
        var (elsewhere, comment, forward) = (0, 0, 0);
        var runs = Interleaved.Run(
            rounds,
            new Arm("nothing", () => project.EditNothing()),
            new Arm("elsewhere", () => project.EditElsewhere(++elsewhere)),
            new Arm("comment", () => project.EditComment(++comment)),
            new Arm("forward", () => project.EditForward(++forward)),
            new Arm("whole", () => project.Generate()));
        session.Report.Group($"A project of {project.Models} models");
        session.Report.Add("generation from nothing", "ms", runs.Milliseconds("whole"));
        session.Report.Add("nothing is edited", "ms", runs.Milliseconds("nothing"), atMost: 100);
        session.Report.Add("a file without models is edited", "ms", runs.Milliseconds("elsewhere"), atMost: 100);
        session.Report.Add("a comment is edited", "ms", runs.Milliseconds("comment"), atMost: 100);
        session.Report.Add("a Forward is edited", "ms", runs.Milliseconds("forward"), atMost: 100);
    }
}
