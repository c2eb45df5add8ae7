namespace Cambium.Structure.Tests;

/// <summary>A reference between two layers that goes up today, and why.</summary>
internal sealed record KnownUpward(string From, string To, string Reason);

/// <summary>Folders in an order: a file may use names of its own folder and of folders that are earlier in the list.</summary>
/// <param name="Roots">Folders of the repository whose files are compiled together.</param>
/// <param name="Order">
/// Layers, lowest first. The entry of a folder holds the files directly in it, except files that have an entry of their own.
/// </param>
internal sealed record Layering(IReadOnlyList<string> Roots, IReadOnlyList<string> Order)
{
    private const int ShownOfAPair = 4;

    /// <summary>References that go up today. An entry without such a reference fails the test, so that the list can only shrink.</summary>
    public IReadOnlyList<KnownUpward> Known { get; init; } = [];

    /// <summary>Name of the assembly that the files are compiled to.</summary>
    public string Assembly { get; init; } = "Sources";

    /// <summary>Whether the files also use assemblies of this repository that are not among the roots.</summary>
    public bool UsesBuiltLibraries { get; init; }

    /// <summary>The errors, one sentence each: references that go up, files outside of the list, entries without files.</summary>
    public IReadOnlyList<string> Errors() => Errors(Sources());

    /// <inheritdoc cref="Errors()"/>
    /// <param name="sources">The files instead of those of <see cref="Roots"/>.</param>
    public IReadOnlyList<string> Errors(IReadOnlyList<(string Path, string Text)> sources)
    {
        var upward = SourceReferences.Between(sources, LayerOf, Assembly, UsesBuiltLibraries)
            .Where(reference => LayerOf(reference.From) < LayerOf(reference.To))
            .Select(reference => (Reference: reference, From: Order[LayerOf(reference.From)!.Value], To: Order[LayerOf(reference.To)!.Value]))
            .ToList();
        var used = sources.Select(source => LayerOf(source.Path)).ToHashSet();
        return
        [
            .. upward.Where(found => !Known.Any(known => known.From == found.From && known.To == found.To))
                .GroupBy(static found => (found.From, found.To)).SelectMany(static pair => pair.Take(ShownOfAPair))
                .Select(static found => $"{found.Reference}, but {found.From} is below {found.To}."),
            .. sources.Where(source => LayerOf(source.Path) is null)
                .Select(static source => $"{source.Path} belongs to no layer: add its folder to the list."),
            .. Order.Where((_, layer) => !used.Contains(layer)).Select(static entry => $"{entry} has no files: remove it from the list."),
            .. Known.Where(known => !upward.Any(found => known.From == found.From && known.To == found.To))
                .Select(static known => $"No file of {known.From} uses {known.To} any more: remove the pair from the list of known references."),
        ];
    }

    private IReadOnlyList<(string Path, string Text)> Sources() =>
        [.. Roots.SelectMany(static root => Files(Repository.At(root)))
            .Select(static file => (Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), File.ReadAllText(file)))];

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs").Concat(
            Directory.EnumerateDirectories(folder).Where(static child => Path.GetFileName(child) is not ("bin" or "obj")).SelectMany(Files));

    private int? LayerOf(string path)
    {
        for (var layer = 0; layer < Order.Count; layer++)
        {
            if (path == Order[layer])
                return layer;
        }

        var folder = path[..path.LastIndexOf('/')];
        for (var layer = 0; layer < Order.Count; layer++)
        {
            if (folder == Order[layer])
                return layer;
        }

        return null;
    }
}
