using Cambium.Constraints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Tests.Constraints;

/// <summary>The least number of bytes to an accepted end.</summary>
internal sealed class Remaining
{
    private const int Never = 1 << 28;

    private readonly int[] _toEnd;

    public Remaining(Grammar grammar)
    {
        _toEnd = [.. Enumerable.Range(0, grammar.Edges.Length).Select(state => grammar.IsEnd[state] ? 0 : Never)];
        // A fixed point: a call costs as much as its rule.
        for (var changed = true; changed;)
        {
            changed = false;
            for (var state = _toEnd.Length - 1; state >= 0; state--)
            {
                foreach (var edge in grammar.Edges[state])
                {
                    var cost = Math.Min(Never, _toEnd[edge.Target] + (edge.IsByte ? 1 : edge.IsCall ? _toEnd[grammar.Rules[edge.Rule].Start] : 0));
                    if (cost >= _toEnd[state])
                        continue;
                    _toEnd[state] = cost;
                    changed = true;
                }
            }
        }
    }

    public int Of(AutomatonState state) => ReferenceEquals(state, AutomatonState.Dead) ? Never : state.Accepts ? 0 : state.Items.Min(Of);

    private int Of(Item item)
    {
        var sum = _toEnd[item.State];
        for (var frame = item.Frame; frame is not null; frame = frame.Parent)
            sum += _toEnd[frame.Return];
        return sum;
    }
}
