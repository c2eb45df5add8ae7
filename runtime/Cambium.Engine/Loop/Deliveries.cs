namespace Cambium.Runtime;

/// <summary>
/// The tokens that a step gives to sinks. They are collected at the end of the step and delivered after it, so that the statistics include every
/// delivered token, and a sink may submit or cancel requests.
/// </summary>
internal sealed class Deliveries(ActiveRequests requests)
{
    // A queue, from which each token is taken before its sink is called: the sink may cancel all requests or dispose the loop.
    private readonly Queue<Delivery> _pending = new();

    /// <summary>Takes the next token of an answer.</summary>
    public void Add(Generation answer, in GeneratedToken token) => answer.Owner.Emit(answer, token, _pending);

    /// <summary>Hands the tokens to their sinks. A sink's exception fails only its own request.</summary>
    public void HandOver()
    {
        while (_pending.TryDequeue(out var next))
        {
            var (answer, token) = next;
            if (answer.Owner.IsClosed)
                continue;
            try
            {
                answer.Owner.Sink.Next(token);
            }
            catch (Exception e)
            {
                var reason = $"The sink of {answer.RequestName} failed at its token {answer.Generated}: {e.MessageOrType}";
                requests.Fail(answer, new EngineFailedException(reason, e));
            }
        }
    }

    /// <summary>Fails the requests whose tokens were not handed over.</summary>
    public void Fail(Exception reason)
    {
        while (_pending.TryDequeue(out var next))
        {
            var request = next.Answer.Owner;
            if (request.IsClosed)
                continue;
            request.IsClosed = true;
            request.ReportFailure(reason);
        }
    }
}
