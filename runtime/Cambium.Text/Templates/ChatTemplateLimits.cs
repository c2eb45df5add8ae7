namespace Cambium.Text.Templates;

/// <summary>Limits of a rendering. Templates come with checkpoints and read messages: both are untrusted.</summary>
public sealed record ChatTemplateLimits
{
    /// <summary>Longest template, in characters. Published ones have less than 20,000.</summary>
    public int SourceLength { get; init; } = 1 << 20;

    /// <summary>How deep statements, expressions and values may be nested, and macros may call one another.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>
    /// Most steps of one rendering. A node of the template, an item of a list and sixteen characters of a string are one step each.
    /// </summary>
    public long Steps { get; init; } = 5_000_000;

    /// <summary>Most characters and items of all strings and lists that one rendering creates, including its result.</summary>
    public long Size { get; init; } = 64 << 20;

    /// <summary>Longest result, in characters.</summary>
    public int OutputLength { get; init; } = 16 << 20;

    /// <summary>Longest time of one rendering.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(5);
}
