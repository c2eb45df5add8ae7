namespace Cambium.Generators;

/// <summary>Names of the pipeline's steps: tests ask by them why a step ran.</summary>
internal static class StepNames
{
    /// <summary>Symbols and operations in, values out. Runs on every edit by design.</summary>
    public const string Read = nameof(Read);

    /// <summary>The cut: what a class says, without its places. Nothing behind it runs while it stays equal.</summary>
    public const string Spec = nameof(Spec);

    /// <summary>The blocks that a reference describes. Runs when the reference changes, and at no edit.</summary>
    public const string References = nameof(References);

    /// <summary>A block's description for other projects.</summary>
    public const string BlockText = nameof(BlockText);

    /// <summary>Mistakes of blocks of other assemblies, by class and id.</summary>
    public const string ForeignMistakes = nameof(ForeignMistakes);

    /// <summary>The members that a class needs in any case.</summary>
    public const string Surface = nameof(Surface);

    /// <summary>A model with the blocks that it reaches.</summary>
    public const string Link = nameof(Link);

    /// <summary>The compiler's files for a model.</summary>
    public const string Program = nameof(Program);

    /// <summary>Mistakes, by class and id.</summary>
    public const string Mistakes = nameof(Mistakes);
}
