using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Measures the time that two-phase attention saves while it serves. From time to time it times one call of attention, that of one layer, with the
/// chosen blocks, and in the next step, if that has the same plan, with the blocks that keep sequences apart. Both give the same bits.
/// </summary>
internal sealed class AttentionProbe
{
    // Steps from one comparison to the next, so many that the cost of the slower arm does not show.
    private const int Period = 64;

    private RowBlocks? _instead;
    private int _untilNext;
    private int _calls;
    private int _watched = -1;
    private int _lastCalls;
    private long _ticks;
    private long _chosenTicks;
    private bool _isChosenKnown;

    /// <summary>
    /// How much less time the chosen blocks took than separate sequences, as a share of the latter; null before the first comparison.
    /// </summary>
    public double? Saving { get; private set; }

    /// <summary>Comparisons so far.</summary>
    public int Comparisons { get; private set; }

    /// <summary>Decides which call of the coming step is timed.</summary>
    /// <param name="plain">The blocks that keep sequences apart; null where the chosen ones do, too.</param>
    /// <param name="isSame">Whether the plan is the one of the step before.</param>
    public void Begin(RowBlocks? plain, bool isSame)
    {
        Settle();
        (_lastCalls, _calls, _ticks, _instead, _watched) = (_calls, 0, 0, null, -1);
        if (plain is null || !isSame || _lastCalls == 0)
        {
            _isChosenKnown = false;
            return;
        }

        if (_isChosenKnown)
            (_instead, _watched) = (plain, Comparisons % _lastCalls);
        else if (--_untilNext <= 0)
            _watched = Comparisons % _lastCalls;
    }

    /// <summary>Blocks to use instead of the chosen ones for the next call; null for none.</summary>
    public RowBlocks? NextBlocks() => _calls == _watched ? _instead : null;

    /// <summary>Adds the time of that call.</summary>
    public void Add(long ticks)
    {
        if (_calls++ == _watched)
            _ticks = ticks;
    }

    private void Settle()
    {
        if (_watched < 0 || _ticks == 0)
            return;
        if (_instead is null)
        {
            (_chosenTicks, _isChosenKnown) = (_ticks, true);
            return;
        }

        // A moving average, since single measurements are noisy: the last four have half of the weight.
        var saving = 1 - ((double)_chosenTicks / _ticks);
        Saving = Saving is { } before ? before + (0.16 * (saving - before)) : saving;
        Comparisons++;
        (_isChosenKnown, _untilNext) = (false, Period);
    }
}
