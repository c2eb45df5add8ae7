namespace Cambium.Generators;

/// <summary>Names of the pipeline's steps. Tests use them to ask why a step ran.</summary>
internal static class StepNames
{
    /// <summary>From symbols and operations to values. Runs on every edit by design.</summary>
    public const string Read = nameof(Read);

    /// <summary>The content of a class without positions. No later step runs while it stays equal.</summary>
    public const string Spec = nameof(Spec);

    /// <summary>The classes that a reference describes. Runs when the reference changes, never on an edit.</summary>
    public const string References = nameof(References);

    /// <summary>The description of a class for other projects.</summary>
    public const string BlockText = nameof(BlockText);

    /// <summary>Diagnostics of a class and of the referenced classes that it uses, by class and id.</summary>
    public const string ClassDiagnostics = nameof(ClassDiagnostics);

    /// <summary>The members that every class gets, with or without errors.</summary>
    public const string Surface = nameof(Surface);

    /// <summary>A model with the blocks that it uses.</summary>
    public const string Link = nameof(Link);

    /// <summary>The compiler's files for a model.</summary>
    public const string Program = nameof(Program);

    /// <summary>All diagnostics of the project, by class and id.</summary>
    public const string Diagnostics = nameof(Diagnostics);
}
