using System.Globalization;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>Counts the nodes that a pass makes. A pass that repeats values could make the square of the nodes that it gets.</summary>
internal sealed class NodeBudget(string cause)
{
    private int _nodes;

    /// <exception cref="LimitExceededException">The functions together have too many nodes.</exception>
    public Function Add(Function function)
    {
        _nodes += function.Nodes.Count;
        return _nodes <= CompilerLimits.Nodes
            ? function
            : throw new LimitExceededException(
                $"The model has more than {CompilerLimits.Nodes.ToString("N0", CultureInfo.InvariantCulture)} operations, because {cause}. "
                + "Compute fewer values from weights and options, or move repeated parts into a stack of blocks.");
    }
}
