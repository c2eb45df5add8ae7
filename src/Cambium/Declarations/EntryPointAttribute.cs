using Cambium.Runtime;

namespace Cambium;

/// <summary>
/// Marks a method of a model that can be run in addition to <c>Forward</c>: a classifier's head, an embedding. Its first parameter is
/// <c>Tokens</c>, and it returns rows, or a tuple of rows with names for several results; <c>new Encoder(model, nameof(Classify))</c> runs it.
/// Entry points share the model's weights.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class EntryPointAttribute : Attribute
{
    /// <summary>The rows of each sequence that give a result. Operations after the last attention are computed only for these rows.</summary>
    public ResultRows Rows { get; set; }
}
