namespace Cambium.Packages.Tests;

[Collection(PackagesCollection.Name)]
public sealed class DeterminismTests(Packages packages)
{
    /// <summary>Another folder, another language, other processes: no compiler that is still in memory from the first time.</summary>
    [Fact]
    public async Task Another_folder_language_and_process_give_the_same_bytes()
    {
        var copy = SourceCopy.Into(packages.NewFolder(Path.Combine("elsewhere", "deeper")));
        await Dotnet.RunAsync(
            Path.Combine(copy.Folder, "src", "Cambium.Models"),
            ["build", "-c", "Release", $"-p:Version={Packages.Version}", "-p:UseSharedCompilation=false", "--nologo", "-v", "q", "-nodeReuse:false"],
            language: "tr_TR.UTF-8");

        var (first, second) = (packages.Sources.Generated(), copy.Generated());
        Assert.Contains("Cambium.Models.Llama.Program.g.cs", first.Keys);
        Assert.Equal(first.Keys.Order(StringComparer.Ordinal), second.Keys.Order(StringComparer.Ordinal));
        Assert.All(first, file => Assert.True(file.Value.AsSpan().SequenceEqual(second[file.Key]), $"{file.Key} was written differently the second time."));

        var libraries = new Dictionary<string, byte[]>
        {
            ["runtime/Cambium.Runtime/bin/Release/net10.0/Cambium.Runtime.dll"] = packages.Files("Cambium.Runtime")["lib/net10.0/Cambium.Runtime.dll"],
            ["src/Cambium/bin/Release/net10.0/Cambium.dll"] = packages.Files("Cambium")["lib/net10.0/Cambium.dll"],
            ["src/Cambium.Compiler/bin/Release/netstandard2.0/Cambium.Compiler.dll"] = packages.Files("Cambium")["analyzers/dotnet/cs/Cambium.Compiler.dll"],
            ["generators/Cambium.Generators/bin/Release/netstandard2.0/Cambium.Generators.dll"] = packages.Files("Cambium")["analyzers/dotnet/cs/Cambium.Generators.dll"],
            ["generators/Cambium.CodeFixes/bin/Release/netstandard2.0/Cambium.CodeFixes.dll"] = packages.Files("Cambium")["analyzers/dotnet/cs/Cambium.CodeFixes.dll"],
            ["src/Cambium.Models/bin/Release/net10.0/Cambium.Models.dll"] = packages.Files("Cambium.Models")["lib/net10.0/Cambium.Models.dll"],
        };
        Assert.All(libraries, library => Assert.True(File.ReadAllBytes(Path.Combine(copy.Folder, library.Key)).AsSpan().SequenceEqual(library.Value), $"{library.Key} is not what is in the package."));
    }
}
