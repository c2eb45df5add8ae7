using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>Copies a function node by node into a builder. A pass replaces some of the nodes.</summary>
internal sealed class Rewriter
{
    private readonly Function _function;
    private readonly Dictionary<int, int> _map = [];

    public Rewriter(Function function)
    {
        _function = function;
        Builder = new FunctionBuilder(function.Name);
        foreach (var parameter in function.Parameters)
            _map.Add(parameter, Builder.Parameter(function.Types[parameter]));
    }

    public FunctionBuilder Builder { get; }

    /// <summary>The new value for an old one.</summary>
    public int this[int old]
    {
        get => _map[old];
        set => _map[old] = value;
    }

    /// <summary>Copies every node for which <paramref name="replace"/> is false. If it is true, it has set the new values of the results.</summary>
    public Function Run(Func<Rewriter, Node, bool> replace)
    {
        foreach (var node in _function.Nodes)
        {
            if (!replace(this, node))
                Copy(node);
        }

        return Finish(_function.Returns);
    }

    public void Copy(Node node)
    {
        IReadOnlyList<TensorType> types = [.. node.Results.Select(result => _function.Types[result])];
        var results = Builder.Add(node.Op, [.. node.Operands.Select(operand => _map[operand])], types, node.Attributes, node.Origin);
        for (var i = 0; i < results.Count; i++)
            _map[node.Results[i]] = results[i];
    }

    public Function Finish(IEnumerable<int> oldReturns) => Builder.Build([.. oldReturns.Select(value => _map[value])]);
}
