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
        var pending = new Queue<Function>(module.Functions);
        var functions = new List<Function>();
        while (pending.Count > 0)
        {
            // A side can contain further choices.
            functions.Add(new Outliner(pending.Dequeue(), names, pending.Enqueue).Run());
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
        private readonly ILookup<int, Node> _consumers;

        public Outliner(Function function, HashSet<string> names, Action<Function> outlined)
        {
            (_function, _names, _outlined) = (function, names, outlined);
            _builder = new FunctionBuilder(function.Name);
            _live = Live(function);
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
            while (waiting.Count > 0)
            {
                var condition = ConditionOf(waiting[0]);
                var members = new List<Node>();
                foreach (var node in waiting.Where(node => ConditionOf(node).Equals(condition)).ToList())
                {
                    if (members.Any(member => DependsOn(node, member.Result)))
                        continue;
                    members.Add(node);
                    waiting.Remove(node);
                }

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

        private bool DependsOn(Node node, int value)
        {
            var seen = new HashSet<int>();
            var pending = new Stack<int>(node.Operands);
            while (pending.Count > 0)
            {
                var operand = pending.Pop();
                if (operand == value)
                    return true;
                if (seen.Add(operand) && _function.Producers.TryGetValue(operand, out var producer))
                {
                    foreach (var next in producer.Operands)
                        pending.Push(next);
                }
            }

            return false;
        }

        /// <summary>Nodes whose results only the members' operand of this index needs.</summary>
        private HashSet<Node> Exclusive(IReadOnlyList<Node> members, int side)
        {
            var inside = new HashSet<Node>();
            foreach (var node in _live.Reverse())
            {
                var consumers = node.Results.SelectMany(result => _consumers[result]).ToList();
                if (consumers.Count > 0 && !node.Results.Any(_function.Returns.Contains) && consumers.All(consumer => IsInside(consumer, node)))
                    inside.Add(node);
            }

            return inside;

            bool IsInside(Node consumer, Node node) => inside.Contains(consumer) || (members.Contains(consumer) && IsOnlySide(consumer, node));

            bool IsOnlySide(Node member, Node node) =>
                !member.Operands.Where((operand, index) => index != side && node.Results.Contains(operand)).Any();
        }

        private void Visit(int value)
        {
            if (_map.ContainsKey(value))
                return;
            var node = _function.Producers[value];
            if (_choiceOf.TryGetValue(node, out var choice))
            {
                Branch(choice);
                return;
            }

            foreach (var operand in node.Operands)
                Visit(operand);
            IReadOnlyList<int> operands = [.. node.Operands.Select(operand => _map[operand])];
            Set(node, _builder.Add(node.Op, operands, [.. node.Results.Select(result => _function.Types[result])], node.Attributes, node.Origin));
        }

        private void Branch(Choice choice)
        {
            var captures = new List<int>();
            foreach (var member in choice.Members)
            {
                Capture(member.Operands[1], choice.Then, captures);
                Capture(member.Operands[2], choice.Else, captures);
            }

            foreach (var value in captures)
                Visit(value);
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

        private void Capture(int value, HashSet<Node> side, List<int> captures)
        {
            if (!IsMadeInside(value, side))
            {
                if (!captures.Contains(value))
                    captures.Add(value);
                return;
            }

            foreach (var operand in _function.Producers[value].Operands)
                Capture(operand, side, captures);
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
