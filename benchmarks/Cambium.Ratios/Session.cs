using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>One run of the program: threads, limits of the machine, and the figures of each command.</summary>
internal sealed class Session : IDisposable
{
    private static readonly Dictionary<string, Action<Session>> Figures = new(StringComparer.Ordinal)
    {
        ["limits"] = static session => LimitFigures.Measure(session),
        ["attention"] = static session => AttentionFigures.Measure(session),
        ["choice"] = static session => ChoiceFigures.Measure(session),
        ["matmul"] = static session => MatmulFigures.Measure(session),
        ["weights"] = static session => WeightFigures.Measure(session),
        ["kv"] = static session => KvFigures.Measure(session),
        ["prefixes"] = static session => PrefixFigures.Measure(session),
        ["planning"] = static session => PlanningFigures.Measure(session),
        ["tree"] = static session => TreeFigures.Measure(session),
        ["decode"] = static session => DecodeFigures.Measure(session),
        ["generator"] = static session => GeneratorFigures.Measure(session),
    };

    public Session(Options options)
    {
        Options = options;
        Team = new Team(options.Threads);
        Limits = new Limits();
        Report = new Report(options);
    }

    public static IReadOnlyCollection<string> Commands => Figures.Keys;

    public Options Options { get; }

    /// <summary>The threads of the options.</summary>
    public Team Team { get; }

    public Limits Limits { get; }

    public Report Report { get; }

    public void Run()
    {
        foreach (var command in Options.Commands)
        {
            Report.Begin(command);
            Figures[command](this);
            Report.End();
        }

        Report.Save();
    }

    public void Dispose()
    {
        Team.Dispose();
        Limits.Dispose();
    }
}
