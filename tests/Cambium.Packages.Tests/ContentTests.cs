using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

namespace Cambium.Packages.Tests;

[Collection(PackagesCollection.Name)]
public sealed class ContentTests(Packages packages)
{
    public static TheoryData<string> Ids => ["Cambium", "Cambium.Runtime", "Cambium.Models", "Cambium.Serving", "Cambium.Cli"];

    [Fact]
    public void These_projects_are_packages_and_no_others() => Assert.Equal(
        ["runtime/Cambium.Checkpoints/Cambium.Checkpoints.csproj", "runtime/Cambium.Constraints/Cambium.Constraints.csproj", "runtime/Cambium.Engine/Cambium.Engine.csproj", "runtime/Cambium.Runtime.Cpu/Cambium.Runtime.Cpu.csproj", "runtime/Cambium.Runtime/Cambium.Runtime.csproj", "runtime/Cambium.Text/Cambium.Text.csproj", "src/Cambium.Cli/Cambium.Cli.csproj", "src/Cambium.Models/Cambium.Models.csproj", "src/Cambium.Serving/Cambium.Serving.csproj", "src/Cambium/Cambium.csproj"],
        SourceCopy.Packable);

    [Fact]
    public void The_generator_lies_where_the_compiler_looks_for_it()
    {
        var files = packages.Files("Cambium");
        Assert.Equal(
            [
                "Cambium.nuspec", "README.md", "analyzers/dotnet/cs/Cambium.CodeFixes.dll", "analyzers/dotnet/cs/Cambium.Compiler.dll", "analyzers/dotnet/cs/Cambium.Generators.dll", "build/Cambium.props", "build/Cambium.targets",
                "buildTransitive/Cambium.targets", "lib/net10.0/Cambium.dll",
            ],
            files.Keys.Order(StringComparer.Ordinal));
        // Their symbols travel inside of them.
        Assert.All(files.Where(static file => file.Key.StartsWith("analyzers/", StringComparison.Ordinal)), static file => Assert.Contains(DebugEntries(file.Value), static entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_package_says_what_it_is(string id)
    {
        var files = packages.Files(id);
        var metadata = XDocument.Parse(Encoding.UTF8.GetString(files[$"{id}.nuspec"]).TrimStart('\uFEFF')).Root!.Elements().Single();
        string? Of(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
        Assert.Equal((id, Packages.Version, "MIT", "README.md"), (Of("id"), Of("version"), Of("license"), Of("readme")));
        Assert.True(Of("description")!.Length > 40, Of("description"));
        Assert.NotEmpty(Of("tags")!);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_package_has_a_page_for_its_users_whose_links_lead_out_of_no_folder(string id)
    {
        var page = Encoding.UTF8.GetString(packages.Files(id)["README.md"]);
        Assert.StartsWith("# ", page, StringComparison.Ordinal);
        Assert.Contains("```", page, StringComparison.Ordinal);
        // A page stands alone: what it links to is not beside it.
        Assert.DoesNotContain("](", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Cambium")]
    [InlineData("Cambium.Runtime")]
    [InlineData("Cambium.Models")]
    [InlineData("Cambium.Serving")]
    public void A_library_has_symbols_that_fit_it(string id)
    {
        var library = packages.Files(id)[$"lib/net10.0/{id}.dll"];
        using var symbols = MetadataReaderProvider.FromPortablePdbImage([.. packages.Files(id, "snupkg")[$"lib/net10.0/{id}.pdb"]]);
        var reader = symbols.GetMetadataReader();
        using var image = new PEReader(new MemoryStream(library));
        var expected = image.ReadCodeViewDebugDirectoryData(image.ReadDebugDirectory().Single(static entry => entry.Type == DebugDirectoryEntryType.CodeView)).Guid;
        Assert.Equal(expected, new BlobContentId(reader.DebugMetadataHeader!.Id).Guid);
        Assert.All(reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name)), static name => Assert.StartsWith("/_/", name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_tool_is_called_cambium()
    {
        var settings = XDocument.Parse(Encoding.UTF8.GetString(packages.Files("Cambium.Cli")["tools/net10.0/any/DotnetToolSettings.xml"]).TrimStart('\uFEFF'));
        Assert.Equal("cambium", settings.Descendants("Command").Single().Attribute("Name")!.Value);
    }

    [Fact]
    public void Every_package_has_its_page_in_the_repository() =>
        Assert.All(SourceCopy.Packable, static project => Assert.True(File.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, "PACKAGE.md")), project));

    private static IEnumerable<DebugDirectoryEntry> DebugEntries(byte[] image)
    {
        using var reader = new PEReader(new MemoryStream(image));
        return reader.ReadDebugDirectory();
    }
}
