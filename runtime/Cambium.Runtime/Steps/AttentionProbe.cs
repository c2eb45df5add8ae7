namespace Cambium.Runtime.Steps;

/// <summary>
/// Measures what two-phase attention saves while it serves: now and then one call of attention, that of one layer, is timed by the chosen blocks, and in the next step, if that has the same plan, by the blocks
/// of one sequence after the other. Both give the same bits.
/// </summary>
internal sealed class AttentionProbe
{
    // Steps from one comparison to the next: what the slower arm costs vanishes among them.
    private const int Period = 64;

    private RowBlocks? _instead;
    private int _untilNext;
    private int _calls;
    private int _watched = -1;
    private int _lastCalls;
    private long _ticks;
    private long _chosenTicks;
    private bool _isChosenKnown;

    /// <summary>How much less time the chosen blocks took than one sequence after the other, as a share of the latter; null before anything was compared.</summary>
    public double? Saving { get; private set; }

    /// <summary>Times that was measured.</summary>
    public int Comparisons { get; private set; }

    /// <summary>Decides what to watch in the step that comes.</summary>
    /// <param name="plain">The blocks of one sequence after the other; null where the step has no others.</param>
    /// <param name="isSame">Whether the plan is that of the step before.</param>
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

    /// <summary>What that call took.</summary>
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

        // Single measurements are noisy: half of what is known is from the last four.
        var saving = 1 - ((double)_chosenTicks / _ticks);
        Saving = Saving is { } before ? before + (0.16 * (saving - before)) : saving;
        Comparisons++;
        (_isChosenKnown, _untilNext) = (false, Period);
    }
}
