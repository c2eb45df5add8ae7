namespace Cambium.Packages.Tests;

[Collection(PackagesCollection.Name)]
public sealed class DeterminismTests(Packages packages)
{
    /// <summary>A compiler server could return results it still has in memory, so the second build runs in processes of its own.</summary>
    [Fact]
    public async Task A_build_in_another_folder_culture_and_process_is_byte_identical()
    {
        var copy = SourceCopy.Into(packages.NewFolder(Path.Combine("elsewhere", "deeper")));
        await Dotnet.RunAsync(
            Path.Combine(copy.Folder, "src", "Cambium.Models"),
            ["build", "-c", "Release", $"-p:Version={Packages.Version}", "-p:UseSharedCompilation=false", "--nologo", "-v", "q", "-nodeReuse:false"],
            language: "tr_TR.UTF-8");

        var (first, second) = (packages.Sources.Generated(), copy.Generated());
        Assert.Contains("Cambium.Models.Llama.Program.g.cs", first.Keys);
        Assert.Equal(first.Keys.Order(StringComparer.Ordinal), second.Keys.Order(StringComparer.Ordinal));
        Assert.All(first, file => Assert.True(file.Value.AsSpan().SequenceEqual(second[file.Key]), $"{file.Key} differs between the two builds."));

        var runtime = packages.Files("Cambium.Runtime").Keys.Where(static name => name.EndsWith(".dll", StringComparison.Ordinal))
            .Select(static name => Path.GetFileNameWithoutExtension(name)!).Select(static name => Library("Cambium.Runtime", "runtime", name));
        (string Package, string Built, string Packed)[] libraries =
        [
            .. runtime,
            Library("Cambium", "src", "Cambium"),
            Library("Cambium.Models", "src", "Cambium.Models"),
            Analyzer("src", "Cambium.Compiler"),
            Analyzer("generators", "Cambium.Generators"),
            Analyzer("generators", "Cambium.CodeFixes"),
        ];
        Assert.All(libraries, library => Assert.True(
            File.ReadAllBytes(Path.Combine(copy.Folder, library.Built)).AsSpan().SequenceEqual(packages.Files(library.Package)[library.Packed]),
            $"{library.Built} differs from the file in the package."));

        static (string Package, string Built, string Packed) Library(string package, string folder, string name) =>
            (package, $"{folder}/{name}/bin/Release/net10.0/{name}.dll", $"lib/net10.0/{name}.dll");

        static (string Package, string Built, string Packed) Analyzer(string folder, string name) =>
            ("Cambium", $"{folder}/{name}/bin/Release/netstandard2.0/{name}.dll", $"analyzers/dotnet/cs/{name}.dll");
    }
}
