namespace Cambium.Benchmarks.Load;

/// <summary>What came of the requests. Added to by all clients.</summary>
internal sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly List<double> _toFirstToken = [];
    private readonly List<double> _toEnd = [];
    private readonly List<string> _mistakes = [];

    public long Answered { get; private set; }

    public long Cancelled { get; private set; }

    public long Left { get; private set; }

    public long Overdue { get; private set; }

    public long Tokens { get; private set; }

    /// <summary>Answers that were not those of the request alone, and errors that nobody expected.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

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

    public void AddLeft(int tokens) => Add(tokens, () => Left++);

    public void AddOverdue(int tokens) => Add(tokens, () => Overdue++);

    public void AddMistake(string mistake)
    {
        lock (_gate)
            _mistakes.Add(mistake);
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
