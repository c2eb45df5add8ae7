using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Turns the two sides of a choice into functions, so only the side that the checkpoint selects is computed. A side must have products, attention
/// or a loop of its own: for elementwise sides a selection costs less than a kernel. Choices by the same condition become one branch.
/// </summary>
internal static class OutlineChoices
{
    public static Module Run(Module module)
    {
        var names = new HashSet<string>(module.Functions.Select(static function => function.Name), StringComparer.Ordinal);
        var pending = new Queue<(Function Function, int Depth)>(module.Functions.Select(static function => (function, 0)));
        var functions = new List<Function>();
        var budget = new NodeBudget("each side of a choice computes the values from weights that it reads");
        while (pending.Count > 0)
        {
            // A side can contain further choices.
            var (function, depth) = pending.Dequeue();
            if (depth > CompilerLimits.Calls)
            {
                throw new LimitExceededException(
                    $"Choices are nested more than {CompilerLimits.Calls.ToString(CultureInfo.InvariantCulture)} levels deep. "
                    + "Choose a factor or a weight by the condition, and not the result of a product.");
            }

            functions.Add(new Outliner(function, names, side => pending.Enqueue((budget.Add(side), depth + 1))).Run());
        }

        return module with { Functions = functions };
    }

    /// <summary>Choices with one condition, and the nodes that only one side needs.</summary>
    private sealed record Choice(ScalarExpression Condition, IReadOnlyList<Node> Members, HashSet<Node> Then, HashSet<Node> Else);

    private sealed class Outliner
    {
        private readonly Function _function;
        private readonly HashSet<string> _names;
        private readonly Action<Function> _outlined;
        private readonly FunctionBuilder _builder;
        private readonly Dictionary<int, int> _map = [];
        private readonly Dictionary<Node, Choice> _choiceOf = [];
        private readonly IReadOnlyList<Node> _live;
        private readonly Dictionary<Node, int> _indices;
        private readonly ILookup<int, Node> _consumers;

        public Outliner(Function function, HashSet<string> names, Action<Function> outlined)
        {
            (_function, _names, _outlined) = (function, names, outlined);
            _builder = new FunctionBuilder(function.Name);
            _live = Live(function);
            _indices = _live.Select(static (node, index) => (node, index)).ToDictionary(static pair => pair.node, static pair => pair.index);
            _consumers = _live
                .SelectMany(static node => node.Operands.Distinct().Select(operand => (operand, node)))
                .ToLookup(static pair => pair.operand, static pair => pair.node);
            foreach (var parameter in function.Parameters)
                _map.Add(parameter, _builder.Parameter(function.Types[parameter]));
        }

        public Function Run()
        {
            FindChoices();
            if (_choiceOf.Count == 0)
                return _function;
            foreach (var value in _function.Returns)
                Visit(value);
            foreach (var tap in Taps.Where(tap => _map.ContainsKey(tap.Operands[0])))
                _builder.Add(tap.Op, [_map[tap.Operands[0]]], [], tap.Attributes, tap.Origin);
            return _builder.Build([.. _function.Returns.Select(value => _map[value])]);
        }

        private void FindChoices()
        {
            var waiting = _live.Where(node => node.Op == "choose" && _function.Types[node.Result].IsRows).ToList();
            var levels = waiting.GroupBy(ConditionOf).SelectMany(LevelsOf).ToDictionary(static pair => pair.Key, static pair => pair.Value);

            // Choices with one condition are together unless one depends on another.
            foreach (var group in waiting.GroupBy(node => (ConditionOf(node), levels[node])))
            {
                var (condition, members) = (group.Key.Item1, group.ToList());
                var choice = new Choice(condition, members, Exclusive(members, 1), Exclusive(members, 2));
                if (!choice.Then.Concat(choice.Else).Any(static node => node.Kind is OpKind.Product or OpKind.Attention or OpKind.Control))
                    continue;
                foreach (var member in members)
                    _choiceOf.Add(member, choice);
            }
        }

        // Without dead nodes, which would count as consumers.
        private static IReadOnlyList<Node> Live(Function function)
        {
            var needed = new HashSet<int>(function.Returns);
            var live = new List<Node>();
            foreach (var node in function.Nodes.Reverse())
            {
                if (!node.Results.Any(needed.Contains))
                    continue;
                live.Add(node);
                needed.UnionWith(node.Operands);
            }

            live.Reverse();
            return live;
        }

        /// <summary>Taps, which are not live because they have no result. Each goes to the function that computes its operand.</summary>
        private IEnumerable<Node> Taps => _function.Nodes.Where(static node => node.Kind == OpKind.Tap);

        private ScalarExpression ConditionOf(Node choose) => _function.Producers[choose.Operands[0]]["value"]!.AsNumber()!;

        /// <summary>How many of some choices come one after the other before each of them.</summary>
        private Dictionary<Node, int> LevelsOf(IEnumerable<Node> choices)
        {
            var (members, levels) = (new HashSet<Node>(choices), new Dictionary<Node, int>());
            var before = new Dictionary<int, int>();
            foreach (var node in _live)
            {
                var level = node.Operands.Select(operand => before.TryGetValue(operand, out var known) ? known : 0).DefaultIfEmpty(0).Max();
                if (members.Contains(node))
                    levels.Add(node, level++);
                if (level == 0)
                    continue;
                foreach (var result in node.Results)
                    before[result] = level;
            }

            return levels;
        }

        /// <summary>Nodes whose results only the members' operand of this index needs.</summary>
        private HashSet<Node> Exclusive(IReadOnlyList<Node> members, int side)
        {
            var (inside, candidates) = (new HashSet<Node>(), new SortedSet<int>());
            foreach (var member in members)
                AddProducer(member.Operands[side]);

            // From the last candidate to the first: the readers of a node come after it.
            while (candidates.Count > 0)
            {
                var node = _live[candidates.Max];
                candidates.Remove(candidates.Max);
                var consumers = node.Results.SelectMany(result => _consumers[result]).ToList();
                if (node.Results.Any(_function.Returns.Contains) || !consumers.All(consumer => IsInside(consumer, node)))
                    continue;
                inside.Add(node);
                foreach (var operand in node.Operands)
                    AddProducer(operand);
            }

            return inside;

            void AddProducer(int value)
            {
                if (_function.Producers.TryGetValue(value, out var producer))
                    candidates.Add(_indices[producer]);
            }

            bool IsInside(Node consumer, Node node) => inside.Contains(consumer) || (members.Contains(consumer) && IsOnlySide(consumer, node));

            bool IsOnlySide(Node member, Node node) =>
                !member.Operands.Where((operand, index) => index != side && node.Results.Contains(operand)).Any();
        }

        private void Visit(int root)
        {
            // Members of one choice are one node with several results.
            var captured = new Dictionary<Choice, List<int>>();
            DepthFirst.Visit(
                root,
                value => _map.ContainsKey(value) ? null
                    : !_choiceOf.TryGetValue(_function.Producers[value], out var choice) ? _function.Producers[value].Operands
                    : captured[choice] = CapturesOf(choice),
                value =>
                {
                    var node = _function.Producers[value];
                    if (_choiceOf.TryGetValue(node, out var choice))
                    {
                        Branch(choice, captured[choice]);
                        return;
                    }

                    IReadOnlyList<int> operands = [.. node.Operands.Select(operand => _map[operand])];
                    Set(node, _builder.Add(node.Op, operands, [.. node.Results.Select(result => _function.Types[result])], node.Attributes,
                        node.Origin));
                });
        }

        /// <summary>The values that a branch takes from outside.</summary>
        private List<int> CapturesOf(Choice choice)
        {
            var captures = new List<int>();
            foreach (var member in choice.Members)
            {
                Capture(member.Operands[1], choice.Then, captures);
                Capture(member.Operands[2], choice.Else, captures);
            }

            return captures;
        }

        private void Branch(Choice choice, List<int> captures)
        {
            var (then, otherwise) = (Side(choice, 1, choice.Then, "Then", captures), Side(choice, 2, choice.Else, "Else", captures));
            var results = _builder.Add(
                "branch",
                [.. captures.Select(value => _map[value])],
                [.. choice.Members.Select(member => _function.Types[member.Result])],
                [new("condition", new ScoreValue(choice.Condition)), new("then", new SymbolValue(then)), new("else", new SymbolValue(otherwise))],
                choice.Members[0].Origin);
            for (var i = 0; i < choice.Members.Count; i++)
                _map[choice.Members[i].Result] = results[i];
        }

        // Rows are parameters of the branch. Values without cost (parameters, constants, views) are repeated inside.
        private bool IsMadeInside(int value, HashSet<Node> side) =>
            _function.Producers.TryGetValue(value, out var node)
            && (side.Contains(node)
                || !_function.Types[value].IsRows
                || node.Kind is OpKind.Source or OpKind.RowIds or OpKind.View or OpKind.Slice or OpKind.Select);

        private void Capture(int root, HashSet<Node> side, List<int> captures)
        {
            var seen = new HashSet<int>();
            DepthFirst.Visit(
                root,
                value =>
                {
                    if (!seen.Add(value))
                        return null;
                    if (IsMadeInside(value, side))
                        return _function.Producers[value].Operands;
                    if (!captures.Contains(value))
                        captures.Add(value);
                    return null;
                },
                static _ => { });
        }

        private string Side(Choice choice, int index, HashSet<Node> side, string ending, List<int> captures)
        {
            var builder = new FunctionBuilder(UniqueName.Take(_function.Name + ending, _names.Add));
            var map = captures.ToDictionary(static value => value, value => builder.Parameter(_function.Types[value]));
            int[] results = [.. choice.Members.Select(member => builder.Copy(_function, member.Operands[index], map))];
            foreach (var tap in Taps)
            {
                var value = tap.Operands[0];
                if (map.ContainsKey(value) && _function.Producers.TryGetValue(value, out var node) && side.Contains(node))
                    builder.Add(tap.Op, [map[value]], [], tap.Attributes, tap.Origin);
            }

            _outlined(builder.Build(results));
            return builder.Name;
        }

        private void Set(Node node, IReadOnlyList<int> results)
        {
            for (var i = 0; i < results.Count; i++)
                _map[node.Results[i]] = results[i];
        }
    }
}
