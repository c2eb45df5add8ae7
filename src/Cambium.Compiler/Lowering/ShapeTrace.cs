using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>Shapes of the parameters, locals and result of an author's function, in the order of the source.</summary>
internal sealed class ShapeTrace(string function)
{
    private readonly List<KeyValuePair<string, TensorType>> _shapes = [];

    /// <summary>Adds a shape. A local that keeps its shape is added once.</summary>
    public void Add(string name, TensorType type)
    {
        var known = _shapes.FindLastIndex(shape => shape.Key == name);
        if (known < 0 || _shapes[known].Value != type)
            _shapes.Add(new(name, type));
    }

    public FunctionShapes Finish() => new(function, [.. _shapes]);
}
