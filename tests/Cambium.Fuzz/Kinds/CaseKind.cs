using Cambium.Checkpoints;
using Cambium.Runtime;

namespace Cambium.Fuzz.Kinds;

/// <summary>A kind of untrusted input: makes a case from random numbers and uses it as a program would.</summary>
internal abstract class CaseKind
{
    /// <summary>All kinds, by the names of the option <c>--kind</c>.</summary>
    public static IReadOnlyDictionary<string, Func<CaseKind>> All { get; } = new SortedDictionary<string, Func<CaseKind>>(StringComparer.Ordinal)
    {
        ["config"] = static () => new ConfigKind(),
        ["gguf"] = static () => new GgufKind(),
        ["regex"] = static () => new RegexKind(),
        ["request"] = static () => new RequestKind(),
        ["safetensors"] = static () => new SafetensorsKind(),
        ["schema"] = static () => new SchemaKind(),
        ["template"] = static () => new TemplateKind(),
        ["tokenizer"] = static () => new TokenizerKind(),
        ["tree"] = static () => new TreeKind(),
    };

    /// <summary>Makes and uses a case.</summary>
    /// <param name="random">Decides the case: the same numbers give the same case.</param>
    /// <param name="folder">An empty folder for its files.</param>
    public abstract void Run(Random random, string folder);

    /// <summary>Whether the documentation of the called members names this exception for unusable input.</summary>
    public virtual bool IsDocumented(Exception error) =>
        error is CheckpointException or InsufficientMemoryException || IsNotFinite(error);

    /// <summary>The engine's error for logits that are not finite, which damaged weights or cached keys give.</summary>
    protected static bool IsNotFinite(Exception error) =>
        error is EngineFailedException { InnerException: { } cause } && cause.GetType() == typeof(ArithmeticException);
}
