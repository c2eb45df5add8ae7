using Cambium.Checkpoints;
using Spectre.Console;

namespace Cambium.Benchmarks;

/// <summary>One run of the program.</summary>
internal sealed class Session
{
    // The threads of OpenMP, which llama.cpp uses, spin for up to 200 ms after their work, and would take time from the next arm.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _progress = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Divergences _divergences;

    public Session(Settings settings, CancellationToken cancellation)
    {
        (Settings, Cancellation) = (settings, cancellation);
        Files = new WeightFiles(settings.Folder);
        Report = new Report(settings, LlamaLibrary.Load());
        _divergences = new Divergences(Files, settings.Threads.Max(), cancellation);
    }

    public Settings Settings { get; }

    public WeightFiles Files { get; }

    public Report Report { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>Measures each storage type of the command line that both engines read.</summary>
    public void ForEachType(Action<ModelPair> measure)
    {
        foreach (var file in Settings.Types)
            With(file, measure);
    }

    /// <summary>The same with each number of threads of the command line.</summary>
    public void ForEachType(Action<ModelPair, int> measure) => ForEachType(pair =>
    {
        foreach (var threads in Settings.Threads)
            measure(pair, threads);
    });

    /// <summary>Loads a file in both engines. A type that Cambium does not read is reported and left out.</summary>
    public void With(WeightFile file, Action<ModelPair> measure)
    {
        Cancellation.ThrowIfCancellationRequested();
        ModelPair pair;
        try
        {
            pair = WithProgress($"Loading {file}", _ => ModelPair.Load(Files, file, Cancellation));
        }
        catch (CheckpointException error)
        {
            Report.LeaveOut(file, error.Message);
            return;
        }

        using (pair)
            measure(pair);
    }

    /// <summary>Runs arms in turn.</summary>
    public Interleaved Compare(string title, IReadOnlyList<Arm> arms) =>
        WithProgress(title, report => Interleaved.Run(Settings.Rounds, arms, report, Cancellation, Rest));

    /// <summary>The divergence of both engines from f32, computed once for each type.</summary>
    public PeerDivergence DivergenceOf(ModelPair pair) =>
        _divergences.Find(pair) ?? WithProgress($"KL divergence, {pair.Name}", _ => _divergences.Compute(pair));

    /// <summary>Runs work, and shows it on standard error: with a progress bar at a terminal, as a line in a log.</summary>
    public T WithProgress<T>(string title, Func<Action<double, double>, T> work)
    {
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(title);
            return work(static (_, _) => { });
        }

        return _progress.Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask(Markup.Escape(title));
            return work((done, total) => (task.MaxValue, task.Value) = (total, done));
        });
    }
}
