using System.Collections.Immutable;
using System.Text;
using Cambium.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Cambium.Benchmarks;

/// <summary>A project with models in it, as an editor or a build server holds it: sources, references, and the generator's driver.</summary>
internal sealed class GeneratorSession
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using Cambium;
        global using ResultRows = Cambium.Runtime.ResultRows;
        global using static Cambium.Operations;
        """;

    // Steps after the spec, which must not run while the spec stays equal.
    private static readonly string[] AfterSpec = [StepNames.Surface, StepNames.Link, StepNames.Program, StepNames.Diagnostics];

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.CSharp14);

    private readonly CSharpCompilation _compilation;
    private readonly GeneratorDriver _fresh;
    private readonly SyntaxTree _block;
    private readonly SyntaxTree _other;
    private GeneratorDriver _driver;

    private GeneratorSession(IEnumerable<SyntaxTree> models)
    {
        _other = Parse("static class Other { public const int Number = 0; }", "Other.cs");
        var trees = models.Append(_other).Append(Parse(Usings, "Usings.cs")).ToArray();
        _block = trees.First(static tree => Path.GetFileName(tree.FilePath) == "LlamaBlock.cs");
        ImmutableArray<MetadataReference> references =
            [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Where(static path => Path.GetFileName(path) is var name
                    && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "mscorlib.dll" or "Cambium.dll" or "Cambium.Checkpoints.dll" or "Cambium.Runtime.dll" or "Cambium.Runtime.Cpu.dll"))
                .Select(static path => MetadataReference.CreateFromFile(path))];
        _compilation = CSharpCompilation.Create(
            "Models", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        _fresh = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()],
            parseOptions: Parsing,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        _driver = _fresh;
    }

    /// <summary>Llama and its blocks.</summary>
    public static GeneratorSession OfLlama() => new(Zoo("Llama*.cs", ""));

    /// <summary>The whole zoo, again and again in namespaces of its own.</summary>
    public static GeneratorSession OfZoos(int copies) => new(Enumerable.Range(0, copies).SelectMany(static copy => Zoo("*.cs", FormattableString.Invariant($".Copy{copy}"))));

    /// <summary>Models in the project.</summary>
    public int Models => _compilation.SyntaxTrees.Count(static tree => tree.ToString().Contains("[Model(", StringComparison.Ordinal));

    private static IEnumerable<SyntaxTree> Zoo(string files, string space) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Cambium.Models"), files).Where(static path => Path.GetFileName(path) != "Zoo.cs").Order(StringComparer.Ordinal)
            .Select(path => Parse(File.ReadAllText(path).Replace("namespace Cambium.Models;", $"namespace Cambium.Models{space};", StringComparison.Ordinal), Path.Combine(space, Path.GetFileName(path))));

    /// <summary>Everything from nothing: a driver that has seen no source, and a compilation that has bound none.</summary>
    /// <returns>Characters of generated source.</returns>
    public int Generate()
    {
        // A clone forgets what was bound before.
        _driver = _fresh.RunGenerators(_compilation.Clone());
        return Characters();
    }

    /// <summary>The driver runs again and nothing has changed.</summary>
    public int EditNothing()
    {
        _driver = _driver.RunGenerators(_compilation);
        return Characters();
    }

    /// <summary>A change of a file without models.</summary>
    public int EditElsewhere(int number) => Edit(_other, _other.ToString().Replace("0", number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

    /// <summary>A comment in the middle of the project, as after a key stroke.</summary>
    public int EditComment(int number) => Edit(_block, _block.ToString() + $"\n// {number}\n");

    /// <summary>Another computation in a block's Forward; every number gives another.</summary>
    public int EditForward(int number)
    {
        const string before = "return x + ";
        var text = _block.ToString();
        if (!text.Contains(before, StringComparison.Ordinal))
            throw new InvalidOperationException($"{_block.FilePath} has no '{before}' to edit; adapt {nameof(EditForward)}.");
        return Edit(_block, text.Replace(before, FormattableString.Invariant($"return {number + 2} * x + "), StringComparison.Ordinal));
    }

    /// <summary>The number of outputs of steps after the spec that the last run recomputed.</summary>
    public int Recomputed()
    {
        var steps = _driver.GetRunResult().Results.Single().TrackedSteps;
        var outputs = AfterSpec.SelectMany(name => steps.TryGetValue(name, out var runs) ? runs : throw new InvalidOperationException($"The generator has no step {name}."));
        return outputs.SelectMany(static run => run.Outputs).Count(static output => output.Reason is IncrementalStepRunReason.New or IncrementalStepRunReason.Modified);
    }

    private int Edit(SyntaxTree tree, string text)
    {
        _driver = _driver.RunGenerators(_compilation.ReplaceSyntaxTree(tree, Parse(text, tree.FilePath)));
        return Characters();
    }

    private int Characters()
    {
        var result = _driver.GetRunResult().Results.Single();
        if (result.Exception is { } exception)
            throw new InvalidOperationException("The generator failed.", exception);
        if (!result.Diagnostics.IsEmpty)
            throw new InvalidOperationException($"The generator complains: {result.Diagnostics[0]}");
        return result.GeneratedSources.Sum(static source => source.SourceText.Length);
    }

    private static SyntaxTree Parse(string source, string path) => CSharpSyntaxTree.ParseText(source, Parsing, path, Encoding.UTF8);
}
