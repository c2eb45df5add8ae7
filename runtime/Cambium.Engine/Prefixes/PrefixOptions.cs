namespace Cambium.Runtime;

/// <summary>How a prefix is loaded.</summary>
public sealed record PrefixOptions
{
    /// <summary>Its name in messages, dumps of the tree and metrics; null for the name of its file or folder.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Whether a prefix is accepted that was trained for another checkpoint of the same sizes: one that was trained on bf16 weights serves the GGUF
    /// copy of the model, for example.
    /// </summary>
    public bool AllowOtherBase { get; init; }

    /// <summary>Checked between parts of the prefix.</summary>
    public CancellationToken Cancellation { get; init; }
}
