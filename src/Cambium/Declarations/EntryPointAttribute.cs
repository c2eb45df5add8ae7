using Cambium.Runtime;

namespace Cambium;

/// <summary>
/// Marks a method of a model that can be run by itself, beside <c>Forward</c>: a classifier's head, an embedding. It takes <c>Tokens</c> first and
/// returns rows; <c>new Encoder(model, nameof(Classify))</c> runs it. Entry points share the model's weights.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class EntryPointAttribute : Attribute
{
    /// <summary>The rows of each sequence that give a result. What follows the last attention is computed for them alone.</summary>
    public ResultRows Rows { get; set; }
}
