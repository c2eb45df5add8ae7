using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>The shapes that a function's parameters, locals and result had when it was read, in the author's words and order.</summary>
internal sealed class ShapeTrace(string function)
{
    private readonly List<KeyValuePair<string, TensorType>> _shapes = [];

    /// <summary>Notes a shape; a local that keeps its shape is noted once.</summary>
    public void Add(string name, TensorType type)
    {
        var known = _shapes.FindLastIndex(shape => shape.Key == name);
        if (known < 0 || _shapes[known].Value != type)
            _shapes.Add(new(name, type));
    }

    public FunctionShapes Finish() => new(function, [.. _shapes]);
}
