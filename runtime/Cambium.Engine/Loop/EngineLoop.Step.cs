using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

// One step, from choosing rows to handing out tokens.
public sealed partial class EngineLoop
{
    /// <summary>Runs the model once over what is to be computed now.</summary>
    /// <returns>False if there was nothing: no requests, or all of them wait for their readers.</returns>
    public bool Step()
    {
        var worked = RunStep();
        RaiseEvents();
        return worked;
    }

    private bool RunStep()
    {
        var start = _clock.GetTimestamp();
        var ended = EndOverdue(start);
        _pins.EndOverdue(start);
        foreach (var sequence in _scheduler.Running)
            sequence.Paused = !((Generation)sequence).Sink.Ready;
        for (var sequence = _scheduler.FirstWaiting; sequence is { WasPreempted: true }; sequence = sequence.After)
            sequence.Paused = !((Generation)sequence).Sink.Ready;

        int rows;
        while (true)
        {
            rows = _scheduler.Select(out var starved);
            if (starved is null)
                break;
            if (_pins.EndFirst(starved.Budget))
                continue;
            End((Generation)starved, new EngineFailedException(
                $"The pool is full: request {starved.Number} has all {starved.Budget.Quota} chunks of its share to itself, {starved.Budget.Used - starved.Budget.Cached} are in use, and it needs one more "
                + $"after {starved.Computed} tokens. Raise PoolTokens or PoolBytes{(starved.Budget.Quota < _tree.Pages ? ", or change Quotas" : "")}.",
                new InsufficientMemoryException()));
            ended = true;
        }

        if (rows == 0)
            return ended;

        _planner.Describe(_program.Batch, rows, _planOptions with { TwoPhase = TwoPhase });
        ChooseOutputs(rows);
        var planned = _clock.GetTimestamp();
        var attention = _program.AttentionTicks;
        try
        {
            _program.Launch();
            _program.Await();
        }
        catch (Exception e)
        {
            FailStep(e);
            return true;
        }

        CountMemory();
        CountSaving(_program.AttentionTicks - attention);
        _scheduler.Commit();
        _observers.Logits();
        Sample();
        HandOut();
        _counters.Steps++;
        _counters.PlanTicks += planned - start;
        _counters.StepTicks += _clock.GetTimestamp() - start;
        return true;
    }

    // The last known token of a sequence gives its next one; observers want every row.
    private void ChooseOutputs(int rows)
    {
        var (outputs, observed) = (0, false);
        var owners = _planner.OwnerOfRow;
        for (var row = 0; row < rows; row++)
        {
            var generation = (Generation)_scheduler.At(owners[row]);
            // Rows of a sequence are neighbours, in order: the last is where the next row is another's.
            var isLast = row + 1 == rows || owners[row + 1] != owners[row];
            var isNewest = isLast && generation.Computed + generation.Rows == generation.Length;
            observed |= generation.Request.Observer is not null;
            if (isNewest || generation.WantsAllRows)
                _program.Batch.OutputRows[outputs++] = row;
        }

        _program.Batch.OutputCount = outputs;
        _program.Observer = observed ? _observers : null;
    }

    // After the commit: everything known is computed, and this is the last of the sequence's results.
    private bool IsNewest(Generation generation, int output) => generation.Computed == generation.Length
        && (output + 1 == _program.Batch.OutputCount || _planner.OwnerOfRow[_program.Batch.OutputRows[output + 1]] != generation.Place);

    private void HandOut()
    {
        var owners = _planner.OwnerOfRow;
        if (_observers.Failed)
        {
            foreach (var sequence in _scheduler.Running)
            {
                if (((Generation)sequence).Failure is not null)
                    _ended.Add((Generation)sequence);
            }

            _observers.Failed = false;
        }

        for (var output = 0; output < _program.Batch.OutputCount; output++)
        {
            var generation = (Generation)_scheduler.At(owners[_program.Batch.OutputRows[output]]);
            if (!IsNewest(generation, output) || generation.Failure is not null)
                continue;
            if (_sampled[output] < 0)
            {
                generation.Failure = NoToken(generation);
                _ended.Add(generation);
                continue;
            }

            if (_sampled[output] >= _vocabulary)
            {
                // A head that is padded beyond the table of embeddings: what it names could not be read.
                var reason = $"The model chose token {_sampled[output]} at position {generation.Length} of request {generation.Number}, and its vocabulary has {_vocabulary} tokens.";
                generation.Failure = new EngineFailedException(reason, new ArithmeticException(reason));
                _ended.Add(generation);
                continue;
            }

            HandOut(generation, _sampled[output]);
        }

        // Places of ended sequences are read above until the last result has been handed out.
        foreach (var generation in _ended)
        {
            if (generation.Failure is { } failure)
            {
                End(generation, failure);
                continue;
            }

            Leave(generation);
            if (!_generations.Remove(generation.Number))
                continue;
            _counters.Finished++;
            if (generation.Forks is { IsDone: true } forks)
                _forks.Remove(forks.Number);
        }

        _ended.Clear();
    }

    private void HandOut(Generation generation, int token)
    {
        if (generation.Generated == 0)
        {
            generation.CachedTokens = Math.Max(0, generation.PromptLength - generation.PromptRows);
            _counters.Cached += generation.CachedTokens;
            NoteHit(generation);
            TakePin(generation);
        }

        generation.Add(token, ContextLength + 1);
        _counters.Generated++;
        var ends = generation.EndsText(token);
        if (!ends && !Advance(generation, token))
            return;
        var text = ends ? "" : generation.Text?.Append(token) ?? "";
        var finish = ends ? FinishReason.EndOfText
            : generation.Text is { Stopped: true } ? FinishReason.StopString
            : generation.Constraint is { MustEnd: true } ? FinishReason.Complete
            : generation.Generated >= generation.MaxTokens
                ? (generation.Request.MaxTokens ?? _options.MaxTokens) is { } most && generation.Generated >= most ? FinishReason.Length : FinishReason.ContextFull
            : FinishReason.None;
        if (finish == FinishReason.None)
        {
            Tell(generation, new GeneratedToken(token, text, finish, default) { LogProbabilities = generation.Chosen, PromptLogProbabilities = PromptShown(generation) });
            return;
        }

        if (generation.Text is { Stopped: false } rest)
        {
            text += rest.Finish();
            finish = rest.Stopped ? FinishReason.StopString : finish;
        }

        _ended.Add(generation);
        var usage = new Usage(generation.PromptLength, generation.CachedTokens, generation.Generated);
        Tell(generation, new GeneratedToken(token, text, finish, usage) { LogProbabilities = generation.Chosen, PromptLogProbabilities = PromptShown(generation) });
    }

    private static LogProbabilities?[]? PromptShown(Generation generation) => generation.Generated == 1 ? generation.PromptLogProbabilities : null;

    // What goes wrong in a sink is the affair of its request alone: the others of this step have tokens to come.
    private void Tell(Generation generation, in GeneratedToken token)
    {
        try
        {
            generation.Sink.Next(token);
        }
        catch (Exception e)
        {
            generation.Failure = new EngineFailedException($"The sink of request {generation.Number} failed at its token {generation.Generated}: {e.Message}", e);
            if (!token.IsLast)
                _ended.Add(generation);
        }
    }

    private void End(Generation generation, Exception reason)
    {
        Leave(generation);
        if (!_generations.Remove(generation.Number))
            return;
        _counters.Failed++;
        generation.Sink.Fail(reason);
        // A request fails as a whole.
        if (generation.Forks is { } forks)
            _counters.Failed += Withdraw(forks);
    }

    // Of several sequences nobody can say which was at fault: they are tried again one by one.
    private void FailStep(Exception reason)
    {
        if (_scheduler.Fail() is Generation generation)
            End(generation, new EngineFailedException($"A step of request {generation.Number} failed, which ran alone in it after {generation.Generated} generated tokens: {reason.Message}", reason));
    }
}
