using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Operations and levels of functions after their calls are inlined, from their text alone and in linear time. A branch that is never taken is
/// counted, and a call of an unknown block is not, so these are numbers for messages.
/// </summary>
internal sealed class CallSizes(Func<string, ClassSpec?> find)
{
    private readonly List<Body> _bodies = [];
    private readonly Dictionary<(string Self, string Owner, string Function), int> _indices = [];

    private sealed record Body(ClassSpec Self, ClassSpec Owner, FunctionSpec Function)
    {
        public List<(int Callee, int Depth)> Calls { get; } = [];

        /// <summary>Null before its calls are counted. A double, because the number can be larger than any integer.</summary>
        public double? Operations { get; set; }

        public double OwnOperations { get; set; }

        public int Depth { get; set; }

        public bool IsRead { get; set; }
    }

    /// <param name="self">The class of the model or block.</param>
    /// <param name="owner">The class that contains the function.</param>
    public (double Operations, int Depth) Of(ClassSpec self, ClassSpec owner, FunctionSpec function)
    {
        var root = IndexOf(self, owner, function);
        DepthFirst.Visit(root, CalleesOf, Add);
        return (_bodies[root].Operations ?? 0, _bodies[root].Depth);
    }

    private List<int>? CalleesOf(int index)
    {
        // A body that is read already is counted, or calls itself.
        var body = _bodies[index];
        if (body.IsRead)
            return null;
        body.IsRead = true;
        Read(body);
        return [.. body.Calls.Select(static call => call.Callee)];
    }

    private void Add(int index)
    {
        var body = _bodies[index];
        body.Operations = body.OwnOperations + body.Calls.Sum(call => _bodies[call.Callee].Operations ?? 0);
        foreach (var (callee, depth) in body.Calls)
            body.Depth = Math.Max(body.Depth, depth + (_bodies[callee].Operations is null ? 0 : _bodies[callee].Depth));
    }

    private void Read(Body body)
    {
        var stacks = new Dictionary<string, string>(StringComparer.Ordinal);
        var pending = new Stack<(object Part, int Depth)>(body.Function.Body.Select(static statement => ((object)statement, 1)));
        while (pending.Count > 0)
        {
            var (part, depth) = pending.Pop();
            body.Depth = Math.Max(body.Depth, depth);
            if (part is OpCall or HostOp or Conditional)
                body.OwnOperations++;
            if (part is ForEach loop)
                stacks[loop.Variable] = loop.Stack;
            if (part is BlockCall call && CalleeOf(body, call, stacks) is { } callee)
                body.Calls.Add((callee, depth));
            foreach (var inner in PartsOf(part))
                pending.Push((inner, depth + 1));
        }
    }

    private static IEnumerable<object> PartsOf(object part) => part switch
    {
        Assign assign => [assign.Value],
        ForEach loop => loop.Body,
        If choice => choice.Then.Concat(choice.Else).Prepend<object>(choice.Condition),
        Return result => [result.Value],
        PropertyRef property => [property.Target],
        ItemOf item => [item.Target, item.Index],
        OpCall operation => operation.Arguments.Select(static argument => argument.Value),
        HostOp operation => operation.Operands,
        Conditional conditional => [conditional.Condition, conditional.WhenTrue, conditional.WhenFalse],
        BlockCall call => call.Arguments,
        TupleOf tuple => tuple.Items,
        LambdaOf lambda => [lambda.Body],
        _ => [],
    };

    private int? CalleeOf(Body body, BlockCall call, Dictionary<string, string> stacks)
    {
        var (type, self) = (body.Owner, body.Self);
        if (call.Target is not null)
        {
            var name = call.Target switch
            {
                MemberRef member => member.Name,
                LocalRef local when stacks.TryGetValue(local.Name, out var stack) => stack,
                _ => null,
            };
            if (self.Find(static type => type.Children, child => child.Name == name) is not (_, { } child) || find(child.BlockType) is not { } block)
                return null;
            (type, self) = (block, block);
        }

        return ExpressionLowering.FunctionOf(type, self, call) is var (owner, function) ? IndexOf(self, owner, function) : null;
    }

    private int IndexOf(ClassSpec self, ClassSpec owner, FunctionSpec function)
    {
        var key = (self.TypeName, owner.TypeName, function.Name);
        if (!_indices.TryGetValue(key, out var index))
        {
            _indices.Add(key, index = _bodies.Count);
            _bodies.Add(new Body(self, owner, function));
        }

        return index;
    }
}
