using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

namespace Cambium.Packages.Tests;

[Collection(PackagesCollection.Name)]
public sealed class ContentTests(Packages packages)
{
    private static readonly string[] RuntimeAssemblies =
        ["Cambium.Checkpoints", "Cambium.Constraints", "Cambium.Engine", "Cambium.Runtime", "Cambium.Runtime.Cpu", "Cambium.Text"];

    public static TheoryData<string> Ids => ["Cambium", "Cambium.Runtime", "Cambium.Models", "Cambium.Serving", "Cambium.Cli"];

    /// <summary>Each assembly of a library package, with the package's id.</summary>
    public static TheoryData<string, string> Assemblies
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var id in (string[])["Cambium", "Cambium.Models", "Cambium.Serving"])
                data.Add(id, id);
            foreach (var assembly in RuntimeAssemblies)
                data.Add("Cambium.Runtime", assembly);
            return data;
        }
    }

    [Fact]
    public void Five_projects_are_packed() => Assert.Equal(
        [
            "runtime/Cambium.Runtime.Package/Cambium.Runtime.Package.csproj",
            "src/Cambium.Cli/Cambium.Cli.csproj",
            "src/Cambium.Models/Cambium.Models.csproj",
            "src/Cambium.Serving/Cambium.Serving.csproj",
            "src/Cambium/Cambium.csproj",
        ],
        SourceCopy.Packable);

    [Fact]
    public void Packing_makes_five_packages() => Assert.Equal(
        ["Cambium", "Cambium.Cli", "Cambium.Models", "Cambium.Runtime", "Cambium.Serving"],
        Directory.EnumerateFiles(packages.Feed, "*.nupkg")
            .Select(static path => Path.GetFileName(path).Replace($".{Packages.Version}.nupkg", "", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("Cambium.Runtime", "")]
    [InlineData("Cambium", "Cambium.Runtime")]
    [InlineData("Cambium.Models", "Cambium")]
    [InlineData("Cambium.Serving", "Cambium.Runtime Microsoft.Extensions.AI.Abstractions Microsoft.Extensions.Logging.Abstractions")]
    public void A_package_depends_on_packages_that_users_know(string id, string dependencies) => Assert.Equal(
        dependencies,
        string.Join(' ', Metadata(id).Descendants().Where(static element => element.Name.LocalName == "dependency")
            .Select(static element => element.Attribute("id")!.Value).Order(StringComparer.Ordinal)));

    [Fact]
    public void The_runtime_package_holds_the_runtime_assemblies() => Assert.Equal(
        RuntimeAssemblies.SelectMany(static name => new[] { $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml" })
            .Concat(["Cambium.Runtime.nuspec", "README.md"]).Order(StringComparer.Ordinal),
        packages.Files("Cambium.Runtime").Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void The_generator_is_where_the_compiler_looks_for_it()
    {
        var files = packages.Files("Cambium");
        Assert.Equal(
            [
                "Cambium.nuspec",
                "README.md",
                "analyzers/dotnet/cs/Cambium.CodeFixes.dll",
                "analyzers/dotnet/cs/Cambium.Compiler.dll",
                "analyzers/dotnet/cs/Cambium.Generators.dll",
                .. Pages.Select(static page => $"analyzers/dotnet/cs/pages/{page}"),
                "build/Cambium.props",
                "build/Cambium.targets",
                "buildTransitive/Cambium.targets",
                "lib/net10.0/Cambium.dll",
                "lib/net10.0/Cambium.xml",
            ],
            files.Keys.Order(StringComparer.Ordinal));
        // Analyzers get no symbol package, so their symbols are embedded.
        Assert.All(
            files.Where(static file =>
                file.Key.StartsWith("analyzers/", StringComparison.Ordinal) && file.Key.EndsWith(".dll", StringComparison.Ordinal)),
            static file => Assert.Contains(DebugEntries(file.Value), static entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
    }

    private static IEnumerable<string> Pages =>
        Directory.EnumerateFiles(Repository.At("generators", "Cambium.Generators", "Diagnostics", "Pages"))
            .Select(static path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    [Fact]
    public void The_help_link_of_a_diagnostic_leads_to_a_page_in_the_package()
    {
        // As a user's build has it: the generator and its pages, and no repository.
        var folder = packages.NewFolder("analyzers");
        foreach (var (name, bytes) in packages.Files("Cambium")
            .Where(static file => file.Key.StartsWith("analyzers/dotnet/cs/", StringComparison.Ordinal)))
        {
            var path = Path.Combine(folder, name["analyzers/dotnet/cs/".Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
        }

        Assert.Equal(Pages, Directory.EnumerateFiles(Path.Combine(folder, "pages")).Select(static path => Path.GetFileName(path)!)
            .Order(StringComparer.Ordinal));
        Assert.StartsWith("# CMB101: ", File.ReadAllText(Path.Combine(folder, "pages", "CMB101.md")), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_library_has_its_documentation(string id, string assembly)
    {
        var documentation = Xml(packages.Files(id)[$"lib/net10.0/{assembly}.xml"]);
        Assert.Equal(assembly, documentation.Descendants("assembly").Single().Element("name")!.Value);
        Assert.NotEmpty(documentation.Descendants("summary"));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_package_has_complete_metadata(string id)
    {
        var metadata = Metadata(id);
        string? Of(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
        Assert.Equal((id, Packages.Version, "MIT", "README.md"), (Of("id"), Of("version"), Of("license"), Of("readme")));
        Assert.True(Of("description")!.Length > 40, Of("description"));
        Assert.NotEmpty(Of("tags")!);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_package_page_has_code_and_no_links(string id)
    {
        var page = Encoding.UTF8.GetString(packages.Files(id)["README.md"]);
        Assert.StartsWith("# ", page, StringComparison.Ordinal);
        Assert.Contains("```", page, StringComparison.Ordinal);
        // Package hosts show the page alone, so relative links would be dead.
        Assert.DoesNotContain("](", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_library_has_matching_symbols(string id, string assembly)
    {
        var library = packages.Files(id)[$"lib/net10.0/{assembly}.dll"];
        using var symbols = MetadataReaderProvider.FromPortablePdbImage([.. packages.Files(id, "snupkg")[$"lib/net10.0/{assembly}.pdb"]]);
        var reader = symbols.GetMetadataReader();
        using var image = new PEReader(new MemoryStream(library));
        var codeView = image.ReadDebugDirectory().Single(static entry => entry.Type == DebugDirectoryEntryType.CodeView);
        Assert.Equal(image.ReadCodeViewDebugDirectoryData(codeView).Guid, new BlobContentId(reader.DebugMetadataHeader!.Id).Guid);
        Assert.All(
            reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name)),
            static name => Assert.StartsWith("/_/", name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_command_of_the_tool_is_cambium()
    {
        var settings = Xml(packages.Files("Cambium.Cli")["tools/net10.0/any/DotnetToolSettings.xml"]);
        Assert.Equal("cambium", settings.Descendants("Command").Single().Attribute("Name")!.Value);
    }

    [Fact]
    public void Every_packed_project_has_a_package_page() => Assert.All(
        SourceCopy.Packable,
        static project => Assert.True(File.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, "PACKAGE.md")), project));

    private XElement Metadata(string id) => Xml(packages.Files(id)[$"{id}.nuspec"]).Root!.Elements().Single();

    private static XDocument Xml(byte[] file) => XDocument.Parse(Encoding.UTF8.GetString(file).TrimStart('\uFEFF'));

    private static IEnumerable<DebugDirectoryEntry> DebugEntries(byte[] image)
    {
        using var reader = new PEReader(new MemoryStream(image));
        return reader.ReadDebugDirectory();
    }
}
