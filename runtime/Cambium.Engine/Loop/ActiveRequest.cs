namespace Cambium.Runtime;

/// <summary>
/// A request that waits or runs, with its sink and its answers. Each answer is a sequence of its own; the tree holds their common prompt once. Tokens
/// go to the sink at once or, if only the best answers are wanted, when all have ended.
/// </summary>
internal sealed class ActiveRequest
{
    private readonly BestAnswers? _best;
    private int _unfinished;

    public ActiveRequest(Request request, ITokenSink sink)
    {
        Request = request;
        Sink = sink;
        _unfinished = request.Answers;
        Answers = new Generation[_unfinished];
        if (request.Count < _unfinished)
            _best = new BestAnswers(request, _unfinished);
    }

    public Request Request { get; }

    public ITokenSink Sink { get; }

    public Generation[] Answers { get; }

    /// <summary>The request's number: that of its first answer.</summary>
    public long Number => Answers[0].Number;

    /// <summary>Whether the request failed or was cancelled. Its sink then gets no more tokens.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whether the sink can take another token.</summary>
    /// <param name="error">The exception of the sink; null if there is none.</param>
    public bool IsReady(out Exception? error)
    {
        error = null;
        try
        {
            return Sink.Ready;
        }
        catch (Exception e)
        {
            error = e;
            return false;
        }
    }

    /// <summary>Reports a failure to the sink. A sink that fails on that as well has nothing more to get, and must not fail the loop.</summary>
    public void ReportFailure(Exception reason)
    {
        try
        {
            Sink.Fail(reason);
        }
        catch (Exception)
        {
            // Its request has ended already.
        }
    }

    /// <summary>Takes the next token of an answer and adds what the sink may see now.</summary>
    public void Emit(Generation answer, in GeneratedToken token, Queue<Delivery> deliveries)
    {
        if (token.Finish != FinishReason.None)
            _unfinished--;
        if (_best is null)
        {
            var othersFollow = token.Finish != FinishReason.None && _unfinished > 0;
            deliveries.Enqueue(new Delivery(answer, token with { Fork = answer.Fork, OthersFollow = othersFollow }));
            return;
        }

        _best.Add(answer.Fork, token);
        if (_unfinished == 0)
        {
            foreach (var item in _best.Select())
                deliveries.Enqueue(new Delivery(answer, item));
        }
    }
}
