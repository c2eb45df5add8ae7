using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Cambium.Generators.Reporting;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>A project with the generator, for any number of edits.</summary>
internal sealed class Generation
{
    public const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Threading.Tasks;
        global using Cambium;
        global using ResultRows = Cambium.Runtime.ResultRows;
        global using static Cambium.Operations;
        """;

    public static readonly CSharpParseOptions Parsing = new(LanguageVersion.CSharp14);

    public static readonly CSharpCompilationOptions Options = new(
        OutputKind.DynamicallyLinkedLibrary,
        allowUnsafe: true,
        nullableContextOptions: NullableContextOptions.Enable);

    // Few references, because each compilation binds all of them.
    private static readonly HashSet<string> Referenced = new(StringComparer.Ordinal)
    {
        "System.Private.CoreLib.dll", "System.Runtime.dll", "System.Collections.dll", "System.Linq.dll", "System.Memory.dll", "System.Threading.dll",
        "System.Runtime.Intrinsics.dll", "System.Text.Json.dll",
        "System.Collections.Immutable.dll", "Cambium.dll",
        "Cambium.Checkpoints.dll", "Cambium.Runtime.dll", "Cambium.Runtime.Cpu.dll", "Cambium.Text.dll",
        "Cambium.Constraints.dll", "Cambium.Engine.dll",
    };

    public static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(static path => Referenced.Contains(Path.GetFileName(path)))
            .Select(static path => MetadataReference.CreateFromFile(path))];

    private CSharpCompilation _compilation;
    private GeneratorDriver _driver;
    private Lazy<ImmutableArray<Diagnostic>> _analysis = null!;

    private Generation(CSharpCompilation compilation, IReadOnlyDictionary<string, string>? options = null)
    {
        _compilation = compilation;
        _driver = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()],
            parseOptions: Parsing,
            optionsProvider: new BuildProperties(options ?? new Dictionary<string, string>()),
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        Output = compilation;
    }

    /// <summary>The project with its generated files.</summary>
    public Compilation Output { get; private set; }

    public GeneratorRunResult Result { get; private set; }

    public static Generation Run(params IReadOnlyList<string> sources)
    {
        var trees = sources.Select((source, i) => Parse(source, $"Source{i}.cs")).Append(Parse(Usings, "Usings.cs"));
        return OfTrees(trees);
    }

    /// <summary>The source in a project with MSBuild properties that the generator sees.</summary>
    public static Generation RunWithOptions(IReadOnlyDictionary<string, string> options, string source) =>
        new Generation(Create([Parse(source, "Source0.cs"), Parse(Usings, "Usings.cs")]), options).RunAgain();

    /// <summary>Files in the given order, by name.</summary>
    public static Generation RunFiles(params IReadOnlyList<(string Name, string Source)> files) =>
        OfTrees(files.Select(static file => Parse(file.Source, file.Name)).Append(Parse(Usings, "Usings.cs")));

    /// <summary>The second source refers to the first one, compiled without the generator.</summary>
    public static Generation RunWithLibrary(string library, string source)
    {
        var compiled = CSharpCompilation.Create(
            "Library",
            [Parse(library, "Library.cs"), Parse(Usings, "Usings.cs")],
            References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        return RunWithReferences([MetadataReference.CreateFromImage(Image(compiled))], source);
    }

    /// <summary>The source in a project with more references than Cambium.</summary>
    public static Generation RunWithReferences(IReadOnlyList<MetadataReference> references, params IReadOnlyList<string> sources) =>
        OfTrees(sources.Select(static (source, i) => Parse(source, $"Source{i}.cs")).Append(Parse(Usings, "Usings.cs")), "Sample", references);

    /// <summary>A library that was built with the generator.</summary>
    public static Generation Library(string name, string source, params IReadOnlyList<MetadataReference> references)
    {
        var library = OfTrees([Parse(source, "Library.cs"), Parse(Usings, "Usings.cs")], name, references);
        Assert.True(library.Diagnostics.Count == 0, string.Join("\n", library.Diagnostics));
        return library;
    }

    /// <summary>The compiled project.</summary>
    public byte[] Image() => Image(Output);

    public MetadataReference AsReference() => MetadataReference.CreateFromImage(Image());

    private static byte[] Image(Compilation compilation)
    {
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics));
        return image.ToArray();
    }

    private static Generation OfTrees(IEnumerable<SyntaxTree> trees, string name = "Sample", params IReadOnlyList<MetadataReference> more) =>
        new Generation(Create(trees, name, more)).RunAgain();

    private static CSharpCompilation Create(IEnumerable<SyntaxTree> trees, string name = "Sample", params IReadOnlyList<MetadataReference> more) =>
        CSharpCompilation.Create(
        name,
        trees,
        References.AddRange(more),
        Options);

    /// <summary>Replaces a source and runs the generator again.</summary>
    public Generation Edit(string source, int index = 0)
    {
        var old = _compilation.SyntaxTrees[index];
        _compilation = _compilation.ReplaceSyntaxTree(old, Parse(source, old.FilePath));
        return RunAgain();
    }

    /// <summary>The reasons of the outputs of a step, in order.</summary>
    public IReadOnlyList<IncrementalStepRunReason> Reasons(string step) =>
        Result.TrackedSteps.TryGetValue(step, out var runs)
            ? [.. runs.SelectMany(static run => run.Outputs).Select(static output => output.Reason)]
            : [];

    /// <summary>The values of a step.</summary>
    public IEnumerable<T> Outputs<T>(string step) =>
        Result.TrackedSteps.TryGetValue(step, out var runs)
            ? runs.SelectMany(static run => run.Outputs).Select(static output => output.Value).OfType<T>()
            : [];

    /// <summary>The diagnostics of the generator and the analyzer in source order. Both report the form of a class.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics =>
        [.. Result.Diagnostics.Concat(_analysis.Value)
            .DistinctBy(static item => (item.Id, item.Location.SourceTree?.FilePath, item.Location.SourceSpan, item.GetMessage(
                System.Globalization.CultureInfo.InvariantCulture)))
                    .OrderBy(static item => item.Location.SourceTree?.FilePath, StringComparer.Ordinal)
                        .ThenBy(static item => item.Location.SourceSpan.Start).ThenBy(static item => item.Id, StringComparer.Ordinal)];

    /// <summary>The diagnostics of the analyzer, including suppressed ones.</summary>
    public IReadOnlyList<Diagnostic> WithSuppressed => Output
        .WithAnalyzers([new ClassAnalyzer()],
            new CompilationWithAnalyzersOptions(new AnalyzerOptions([]), null, concurrentAnalysis: false, logAnalyzerExecutionTime: false,
                reportSuppressedDiagnostics: true))
        .GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();

    /// <summary>C#'s own errors and warnings, generated files included.</summary>
    public IReadOnlyList<Diagnostic> CSharp => [.. Output.GetDiagnostics().Where(static item => item.Severity >= DiagnosticSeverity.Warning)];

    public string File(string ending) =>
        Result.GeneratedSources.Single(source => source.HintName.EndsWith(ending, StringComparison.Ordinal)).SourceText.ToString();

    private Generation RunAgain()
    {
        _driver = _driver.RunGeneratorsAndUpdateCompilation(_compilation, out var output, out _);
        Output = output;
        Result = _driver.GetRunResult().Results.Single();
        _analysis = new(() => output.WithAnalyzers([new ClassAnalyzer()]).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult());
        return this;
    }

    private sealed class BuildProperties(IReadOnlyDictionary<string, string> values) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(values);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Values(IReadOnlyDictionary<string, string> values) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) =>
                values.TryGetValue(key, out value);
        }
    }

    private static SyntaxTree Parse(string source, string path) => CSharpSyntaxTree.ParseText(source, Parsing, path, System.Text.Encoding.UTF8);
}
