namespace Cambium.Runtime;

/// <summary>
/// The product with a weight that gives the keys or the values of an attention, before norm and rotation. The weight is the model's, as it is in
/// memory.
/// </summary>
public abstract class AttentionProduct
{
    /// <summary>Floats of a row that is multiplied.</summary>
    public abstract int Inputs { get; }

    /// <summary>Reads the weights of one output.</summary>
    /// <param name="output">Of the product: the number of its head times the size of a key or value, plus the element.</param>
    /// <param name="weights">[<see cref="Inputs"/>]</param>
    /// <returns>The bias of the output; 0 without one.</returns>
    public abstract float Read(int output, Span<float> weights);
}
