namespace Cambium.Runtime.Prefixes;

/// <summary>
/// A learned prefix in host memory: what stands before the tokens of a request and changes the answers without a change of the weights. An engine
/// loads it (<c>Engine.LoadPrefix</c>), and requests name it.
/// </summary>
public sealed record Prefix
{
    /// <summary>For people: in messages, in dumps of the tree, in metrics.</summary>
    public required string Name { get; init; }

    /// <summary>How it was trained, such as <c>prefix-tuning</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Fingerprint of the checkpoint that it was trained for, in hexadecimal digits; null if its file does not say.</summary>
    public string? BaseDigest { get; init; }

    /// <summary>The parts that every request has, in the order of the path.</summary>
    public IReadOnlyList<PrefixPart> Parts { get; init; } = [];

    /// <summary>The attributes, such as <c>mood</c>, of which a request chooses a value each. Empty for a prefix without attributes.</summary>
    public IReadOnlyList<PrefixAttribute> Attributes { get; init; } = [];

    /// <summary>The same prefix under another name.</summary>
    public Prefix Named(string name) => this with { Name = name };

    /// <summary>What its files have and the reader passes over, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>An attribute of a prefix.</summary>
/// <param name="Name">Its name, such as <c>mood</c>.</param>
/// <param name="Values">The parts of each value, such as <c>happy</c>.</param>
public sealed record PrefixAttribute(string Name, IReadOnlyList<PrefixAttributeValue> Values);

/// <summary>A value of an attribute.</summary>
/// <param name="Name">Its name, such as <c>happy</c>.</param>
/// <param name="Parts">Its parts, in the order of the path.</param>
public sealed record PrefixAttributeValue(string Name, IReadOnlyList<PrefixPart> Parts);
