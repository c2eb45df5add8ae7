namespace Cambium;

/// <summary>
/// Marks a language model. The class is partial, not nested and without a base class; it has a method <c>Tensor Forward(Tokens tokens)</c>.
/// The generator makes it a <c>CompiledModel</c> with a static <c>Load(folder)</c>.
/// </summary>
/// <param name="architectures">Names under <c>architectures</c> in <c>config.json</c> that this class serves.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModelAttribute(params string[] architectures) : Attribute
{
    public IReadOnlyList<string> Architectures { get; } = architectures;
}
