using System.Runtime.InteropServices;

namespace Cambium.Constraints;

/// <summary>A condition on a text as a deterministic automaton over characters. Its states are created when a text first reaches them.</summary>
internal abstract class TextCondition
{
    /// <summary>The state after which no text satisfies the condition.</summary>
    public const int Dead = -1;

    /// <summary>The state before the first character.</summary>
    public const int Start = 0;

    /// <summary>The sets of characters that the condition distinguishes.</summary>
    public abstract IEnumerable<CodePoints> Sets { get; }

    /// <summary>The state after a character.</summary>
    /// <param name="state">The state before it.</param>
    /// <param name="character">Any character of a class whose members no set of <see cref="Sets"/> tells apart.</param>
    public abstract int Next(int state, int character);

    /// <summary>Whether a text that ends in the state satisfies the condition.</summary>
    public abstract bool Accepts(int state);

    /// <summary>Whether a text satisfies the condition.</summary>
    public bool Matches(string text)
    {
        var state = Start;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((state = Next(state, rune.Value)) == Dead)
                return false;
        }

        return Accepts(state);
    }

    /// <summary>The text has a number of characters (code points).</summary>
    public sealed class Length(int least, int? most) : TextCondition
    {
        public override IEnumerable<CodePoints> Sets => [];

        public override int Next(int state, int character) => most is null ? Math.Min(state + 1, least) : state < most ? state + 1 : Dead;

        public override bool Accepts(int state) => state >= least && !(state > most);
    }

    /// <summary>The text is none of these.</summary>
    public sealed class Except : TextCondition
    {
        // No denied text begins with a text that reaches this state.
        private const int Free = 1;

        private readonly List<Dictionary<int, int>> _next = [[], []];
        private readonly HashSet<int> _denied = [];

        public Except(IEnumerable<string> texts)
        {
            foreach (var text in texts)
            {
                var state = Start;
                foreach (var rune in text.EnumerateRunes())
                {
                    if (!_next[state].TryGetValue(rune.Value, out var next))
                    {
                        _next[state][rune.Value] = next = _next.Count;
                        _next.Add([]);
                    }

                    state = next;
                }

                _denied.Add(state);
            }
        }

        public override IEnumerable<CodePoints> Sets =>
            _next.SelectMany(static next => next.Keys).Distinct().Select(static rune => CodePoints.Of((rune, rune)));

        public override int Next(int state, int character) => _next[state].GetValueOrDefault(character, Free);

        public override bool Accepts(int state) => !_denied.Contains(state);
    }

    /// <summary>The text contains a match of a regular expression.</summary>
    public sealed class Pattern : TextCondition
    {
        // Sets of states are interned, so the cost of an expression is bounded by the visits of its states.
        private const int MaxVisits = 20_000_000;

        private readonly GrammarBuilder _states;
        private readonly Dictionary<int, List<(CodePoints Set, int Target)>> _edges = [];
        private readonly List<int[]> _members = [];
        private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
        private readonly int _end;
        private int _visits;

        public Pattern(IReadOnlyList<RegexAlternative> expression, string what)
        {
            _states = new GrammarBuilder(what);
            var start = _states.NewState();
            _end = _states.NewState();
            new RegexCompiler(_states, Add).Search(expression, start, _end);
            Intern([start]);
        }

        public override IEnumerable<CodePoints> Sets => _edges.Values.SelectMany(static edges => edges).Select(static edge => edge.Set);

        public override int Next(int state, int character)
        {
            var targets = new HashSet<int>();
            foreach (var member in _members[state])
            {
                foreach (var (set, target) in From(member))
                {
                    _visits++;
                    if (set.Contains(character))
                        targets.Add(target);
                }
            }

            return targets.Count == 0 ? Dead : Intern(targets);
        }

        public override bool Accepts(int state) => _members[state].AsSpan().Contains(_end);

        private void Add(int from, CodePoints set, int to)
        {
            if (!_edges.TryGetValue(from, out var edges))
                _edges[from] = edges = [];
            edges.Add((set, to));
        }

        private List<(CodePoints Set, int Target)> From(int state) => _edges.GetValueOrDefault(state, []);

        private int Intern(HashSet<int> reached)
        {
            var open = new Stack<int>(reached);
            while (open.TryPop(out var state))
            {
                if (++_visits > MaxVisits)
                {
                    throw new ConstraintException(
                        "A 'pattern' is too large to be combined with other keywords of strings; shorten it or its counts.");
                }

                foreach (var edge in _states.From(state))
                {
                    if (reached.Add(edge.Target))
                        open.Push(edge.Target);
                }
            }

            int[] members = [.. reached.Order()];
            var key = new string(MemoryMarshal.Cast<int, char>(members));
            if (_known.TryGetValue(key, out var known))
                return known;
            _known[key] = _members.Count;
            _members.Add(members);
            return _members.Count - 1;
        }
    }
}
