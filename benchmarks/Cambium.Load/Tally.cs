namespace Cambium.Benchmarks.Load;

/// <summary>Counts the outcomes of all clients. Thread-safe.</summary>
internal sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly List<double> _toFirstToken = [];
    private readonly List<double> _toEnd = [];
    private readonly List<string> _errors = [];

    public long Answered { get; private set; }

    public long Cancelled { get; private set; }

    public long Abandoned { get; private set; }

    public long Overdue { get; private set; }

    public long Tokens { get; private set; }

    /// <summary>Answers that differ from those computed alone, and unexpected errors.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public void AddAnswer(TimeSpan first, TimeSpan end, int tokens)
    {
        lock (_gate)
        {
            Answered++;
            Tokens += tokens;
            _toFirstToken.Add(first.TotalSeconds);
            _toEnd.Add(end.TotalSeconds);
        }
    }

    public void AddCancelled(int tokens) => Add(tokens, () => Cancelled++);

    public void AddAbandoned(int tokens) => Add(tokens, () => Abandoned++);

    public void AddOverdue(int tokens) => Add(tokens, () => Overdue++);

    public void AddError(string error)
    {
        lock (_gate)
            _errors.Add(error);
    }

    /// <summary>Seconds to the first and to the last token of complete answers, sorted.</summary>
    public (double[] First, double[] End) Waits()
    {
        lock (_gate)
            return ([.. _toFirstToken.Order()], [.. _toEnd.Order()]);
    }

    private void Add(int tokens, Action count)
    {
        lock (_gate)
        {
            count();
            Tokens += tokens;
        }
    }
}
