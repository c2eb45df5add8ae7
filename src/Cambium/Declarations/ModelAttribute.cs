namespace Cambium;

/// <summary>
/// Marks a language model, a partial class with a method <c>Tensor Forward(Tokens tokens)</c>. The generator makes it a <c>CompiledModel</c> with
/// a static <c>Load(folder)</c>. An abstract class with the attribute is a skeleton that several models extend.
/// </summary>
/// <param name="architectures">Names under <c>architectures</c> in <c>config.json</c> that this class supports; none for an abstract class.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModelAttribute(params string[] architectures) : Attribute
{
    public IReadOnlyList<string> Architectures { get; } = architectures;
}
