using System.Collections.Immutable;
using System.Text;
using Cambium.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Cambium.Benchmarks;

/// <summary>A project with models as an editor or a build server holds it: sources, references and the generator driver.</summary>
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

    // Steps after the equality check of the spec. They must not run if the spec has not changed.
    private static readonly string[] AfterTheSpec = [StepNames.Surface, StepNames.Link, StepNames.Program, StepNames.Diagnostics];

    private static readonly string[] OtherReferences =
        ["netstandard.dll", "mscorlib.dll", "Cambium.dll", "Cambium.Checkpoints.dll", "Cambium.Runtime.dll", "Cambium.Runtime.Cpu.dll"];

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
        _block = trees.First(static tree => Path.GetFileName(tree.FilePath) == "LlamaLayer.cs");
        ImmutableArray<MetadataReference> references =
            [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Where(static path => Path.GetFileName(path) is var name
                    && (name.StartsWith("System.", StringComparison.Ordinal) || OtherReferences.Contains(name)))
                .Select(static path => MetadataReference.CreateFromFile(path))];
        _compilation = CSharpCompilation.Create(
            "Models",
            trees,
            references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        _fresh = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()],
            parseOptions: Parsing,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        _driver = _fresh;
    }

    /// <summary>Llama, its base classes and its blocks.</summary>
    public static GeneratorSession OfLlama() => new([.. Zoo("Llama*.cs", ""), .. Zoo("*Decoder.cs", "")]);

    /// <summary>Copies of all models of Cambium.Models, each in its own namespace.</summary>
    public static GeneratorSession OfZoos(int copies) =>
        new(Enumerable.Range(0, copies).SelectMany(static copy => Zoo("*.cs", FormattableString.Invariant($".Copy{copy}"))));

    /// <summary>Number of models in the project.</summary>
    public int Models => _compilation.SyntaxTrees.Count(static tree => tree.ToString().Contains("[Model(", StringComparison.Ordinal));

    private static IEnumerable<SyntaxTree> Zoo(string files, string space)
    {
        string Text(string path) =>
            File.ReadAllText(path).Replace("namespace Cambium.Models;", $"namespace Cambium.Models{space};", StringComparison.Ordinal);
        return Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Cambium.Models"), files)
            .Where(static path => Path.GetFileName(path) != "Zoo.cs").Order(StringComparer.Ordinal)
            .Select(path => Parse(Text(path), Path.Combine(space, Path.GetFileName(path))));
    }

    /// <summary>A full run: a new driver and a compilation without bound symbols.</summary>
    /// <returns>Characters of generated source.</returns>
    public int Generate()
    {
        // A clone has no bound symbols.
        _driver = _fresh.RunGenerators(_compilation.Clone());
        return Characters();
    }

    /// <summary>Runs the driver again without a change.</summary>
    public int EditNothing()
    {
        _driver = _driver.RunGenerators(_compilation);
        return Characters();
    }

    /// <summary>Changes a file without models.</summary>
    public int EditElsewhere(int number)
    {
        var digits = number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Edit(_other, _other.ToString().Replace("0", digits, StringComparison.Ordinal));
    }

    /// <summary>Changes a comment in the file of a block.</summary>
    public int EditComment(int number) => Edit(_block, _block.ToString() + $"\n// {number}\n");

    /// <summary>Changes the computation of a block's Forward, differently for each number.</summary>
    public int EditForward(int number)
    {
        const string before = "return x + ";
        var text = _block.ToString();
        if (!text.Contains(before, StringComparison.Ordinal))
            throw new InvalidOperationException($"{_block.FilePath} has no '{before}' to edit; adapt {nameof(EditForward)}.");
        return Edit(_block, text.Replace(before, FormattableString.Invariant($"return {number + 2} * x + "), StringComparison.Ordinal));
    }

    /// <summary>Outputs of steps after the spec that the last run recomputed.</summary>
    public int Recomputed()
    {
        var steps = _driver.GetRunResult().Results.Single().TrackedSteps;
        var outputs = AfterTheSpec.SelectMany(name =>
            steps.TryGetValue(name, out var runs) ? runs : throw new InvalidOperationException($"The generator has no step {name}."));
        return outputs.SelectMany(static run => run.Outputs)
            .Count(static output => output.Reason is IncrementalStepRunReason.New or IncrementalStepRunReason.Modified);
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
            throw new InvalidOperationException($"The generator reported: {result.Diagnostics[0]}");
        return result.GeneratedSources.Sum(static source => source.SourceText.Length);
    }

    private static SyntaxTree Parse(string source, string path) => CSharpSyntaxTree.ParseText(source, Parsing, path, Encoding.UTF8);
}
