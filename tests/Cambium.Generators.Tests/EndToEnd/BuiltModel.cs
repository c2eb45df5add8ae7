using System.Runtime.Loader;
using System.Text.Json;
using Cambium.Checkpoints;
using Cambium.Compiler;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Cambium.Generators.Linking;
using Cambium.Runtime;
using Cambium.Runtime.Prefixes;
using Cambium.Runtime.Cpu;
using Cambium.Tests.Interpretation;
using Cambium.Text.Templates;
using Xunit;
using BindingFlags = System.Reflection.BindingFlags;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>
/// A model from source to numbers: generated, compiled by the C# compiler, loaded from a checkpoint with random weights, and run by the engine. The
/// interpreter computes the expected numbers from the graph before all passes.
/// </summary>
internal sealed class BuiltModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Module _module;
    private readonly Dictionary<string, object> _config;
    private readonly CompiledModel _model;
    private readonly double _scale;

    private BuiltModel(Generation generation, ModelSpec spec, Dictionary<string, object> config, double scale, IReadOnlyList<byte[]> libraries)
    {
        _config = config;
        _scale = scale;
        var (module, diagnostics) = ModelLowering.Lower(spec);
        Assert.Empty(diagnostics);
        _module = module!;
        Verifier.Verify(_module);
        WriteCheckpoint();

        using var image = new MemoryStream();
        var emitted = generation.Output.Emit(image);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics));
        image.Position = 0;
        var context = new AssemblyLoadContext(null, isCollectible: true);
        foreach (var library in libraries)
            context.LoadFromStream(new MemoryStream(library));
        var assembly = context.LoadFromStream(image);
        var type = assembly.GetType(spec.Root.TypeName, throwOnError: true)!;
        _model = (CompiledModel)type.GetMethod("Load", BindingFlags.Public | BindingFlags.Static)!.Invoke(null, [_folder.Path, null])!;
    }

    /// <param name="config">Content of config.json: dims and options by their paths.</param>
    /// <param name="scale">Weights are between -scale and scale.</param>
    public static BuiltModel Build(IReadOnlyList<string> sources, Dictionary<string, object> config, double scale = 0.4)
    {
        return Build(Generation.Run(sources), config, scale);
    }

    /// <param name="libraries">Assemblies that the project refers to.</param>
    public static BuiltModel Build(Generation generation, Dictionary<string, object> config, double scale, params IReadOnlyList<byte[]> libraries)
    {
        Assert.Empty(generation.Diagnostics);
        Verify.CSharpIsContent(generation);
        var model = Assert.Single(generation.Outputs<LinkedModel>(StepNames.Link));
        VerifyKernels(model.Spec);
        return new BuiltModel(generation, model.Spec, config, scale, libraries);
    }

    /// <summary>Every kernel pass keeps the rules, the plan is complete, and the text of the kernels reads back.</summary>
    private static void VerifyKernels(ModelSpec spec)
    {
        var graph = PassPipeline.Run(ModelLowering.Lower(spec).Module!);
        var kernels = KernelPipeline.Run(graph, static (_, module) => KernelVerifier.Verify(module));
        var plan = ProgramPlanner.Build(spec, kernels);
        PlanVerifier.Verify(plan);
        PrintedSizes.AreChecked(plan.Load, ModelCompiler.Compile(spec).Files[0].Text);
        var text = KernelText.Print(kernels, withSlots: true);
        var parsed = KernelParser.Parse(text, graph);
        KernelVerifier.Verify(parsed);
        Assert.Equal(text, KernelText.Print(parsed, withSlots: true));
    }

    /// <summary>The largest difference between the engine and the interpreter, as a share of an absolute and relative tolerance.</summary>
    public double LargestError(EngineOptions options, IReadOnlyList<int[]> sequences, double tolerance = 1e-4) =>
        LargestError(options, sequences, Interpreted(sequences), tolerance);

    /// <summary>The same for an entry point that an encoder runs, with inputs that are derived from the tokens.</summary>
    public double LargestErrorOfEncoder(
        IReadOnlyList<int[]> sequences,
        string entry = "Forward",
        EncoderOptions? options = null,
        double tolerance = 1e-4)
    {
        using var encoder = new Encoder(_model, entry, options ?? new EncoderOptions { Threads = 2, ChunkSize = 32 });
        var inputs = sequences.Select(sequence => new EncoderInput(sequence)
        {
            Ids = encoder.EntryPoint.Inputs.Skip(1).Where(static input => input.Width == 0).ToDictionary(static input => input.Name,
                input => (ReadOnlyMemory<int>)sequence.Select((token, i) => ((3 * token) + i) % (input.Limit ?? 2)).ToArray()),
            Floats = encoder.EntryPoint.Inputs.Skip(1).Where(static input => input.Width > 0).ToDictionary(static input => input.Name,
                input =>
                    (ReadOnlyMemory<float>)Enumerable.Range(0, sequence.Length * input.Width)
                        .Select(i => MathF.Sin((1.3f * i) + sequence[0])).ToArray()),
        }).ToList();
        var first = 0;
        var wanted = new List<int>();
        foreach (var length in sequences.Select(static sequence => sequence.Length))
        {
            wanted.AddRange(
                encoder.EntryPoint.Rows switch { ResultRows.First => [first], ResultRows.Last => [first + length - 1], _ =>
                    Enumerable.Range(first, length) });
            first += length;
        }

        var expected = Interpreter.Run(_module, Input(sequences) with
        {
            Entry = entry,
            OutputRows = wanted,
            Inputs = encoder.EntryPoint.Inputs.Skip(1).ToDictionary(static input => input.Name,
                input =>
                    inputs.SelectMany(one =>
                        input.Width == 0
                            ? one.Ids[input.Name].ToArray().Select(static id => (double)id)
                            : one.Floats[input.Name].ToArray().Select(static value => (double)value)).ToArray()),
        }).Outputs.Select(Rows).ToList();
        var actual = encoder.Run(inputs);
        Assert.Equal(encoder.EntryPoint.Results.Count, expected.Count);
        return encoder.EntryPoint.Results.Select((result, i) =>
        {
            var rows = actual.SelectMany(sequence => Enumerable.Range(0, sequence.Rows).Select(row => sequence[result.Name][row].ToArray())).ToList();
            Assert.Equal(expected[i].Length, rows.Count);
            Assert.All(rows, row => Assert.Equal(result.Width, row.Length));
            return expected[i].Zip(rows).Max(row => Share(row.Second, row.First, tolerance));
        }).Max();
    }

    /// <summary>A tensor of the checkpoint by its path.</summary>
    public double[] Weight(string path, int count) =>
        WeightSources.Random(7, _scale)(new WeightInfo("", path, EquatableArray<Size>.Empty, null, null, null), 0, count);

    /// <summary>The largest difference between the engine and given logits, [position, vocabulary] over all sequences.</summary>
    public double LargestError(EngineOptions options, IReadOnlyList<int[]> sequences, double[][] expected, double tolerance) =>
        Logits(options, sequences).Zip(expected).Max(row => Share(row.First, row.Second, tolerance));

    /// <summary>The logits of the engine, [position, vocabulary] over all sequences.</summary>
    /// <param name="prefixes">The prefixes of all sequences.</param>
    public float[][] Logits(EngineOptions options, IReadOnlyList<int[]> sequences, params Prefix[] prefixes)
    {
        using var loop = new EngineLoop(_model, options);
        var seen = sequences.Select(_ => new Recorder()).ToList();
        PrefixUse[] uses = [.. prefixes.Select(prefix => (PrefixUse)loop.LoadPrefix(prefix))];
        for (var i = 0; i < sequences.Count; i++)
        {
            loop.Submit(
                new Request { PromptTokens = sequences[i], MaxTokens = 1, EosTokens = [], Prefixes = uses, Observer = seen[i] }, seen[i]);
        }

        while (loop.HasWork)
            loop.Step();
        loop.CheckIntegrity();

        Assert.All(seen, static sequence => Assert.Null(sequence.Failure));
        return [.. sequences.SelectMany((sequence, i) => Enumerable.Range(0, sequence.Length).Select(position => seen[i].Rows[position]))];
    }

    /// <summary>
    /// The largest difference between the residual stream after the last block and the interpreter's, for the tokens of one sequence.
    /// </summary>
    public double LargestErrorOfResidual(EngineOptions options, int[] sequence, double tolerance = 1e-4)
    {
        using var loop = new EngineLoop(_model, options);
        var seen = new Recorder();
        loop.Submit(new Request { PromptTokens = sequence, MaxTokens = 1, EosTokens = [], Observer = seen }, seen);
        while (loop.HasWork)
            loop.Step();
        Assert.Null(seen.Failure);
        var trace = Interpreter.Run(_module, Input([sequence])).Loops[^1];
        return Rows(trace.Hidden(trace.States.Count - 1)).Select((expected, position) => Share(seen.Residual[position], expected, tolerance)).Max();
    }

    /// <summary>The result of the entry point for each token of a sequence.</summary>
    /// <param name="prefixes">The prefixes of the sequence.</param>
    public float[][] Encoded(int[] sequence, params Prefix[] prefixes)
    {
        using var encoder = new Encoder(_model, "Forward", new EncoderOptions { Threads = 2, ChunkSize = 32 });
        return [.. encoder.Run([new EncoderInput(sequence) { Prefixes = prefixes }])
            .SelectMany(static result => Enumerable.Range(0, result.Rows).Select(row => result[row].ToArray()))];
    }

    /// <summary>The model itself.</summary>
    public CompiledModel Model => _model;

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private static double Share(float[] actual, double[] expected, double tolerance)
    {
        var worst = 0.0;
        for (var k = 0; k < expected.Length; k++)
        {
            var share = Math.Abs(actual[k] - expected[k]) / (tolerance + (tolerance * Math.Abs(expected[k])));
            worst = double.IsNaN(share) ? double.PositiveInfinity : Math.Max(worst, share);
        }

        return worst;
    }

    private double[][] Interpreted(IReadOnlyList<int[]> sequences) => Rows(Interpreter.Run(_module, Input(sequences)).Output);

    private static double[][] Rows(double[,] values) =>
        [.. Enumerable.Range(0, values.GetLength(0)).Select(row => Enumerable.Range(0, values.GetLength(1)).Select(k => values[row, k]).ToArray())];

    private InterpreterInput Input(IReadOnlyList<int[]> sequences) => new()
    {
        Dims = _module.Dims.Where(dim => Config(dim.Path!) is not null)
            .ToDictionary(static dim => dim.Name, dim => Convert.ToInt64(Config(dim.Path!))),
        Options = _module.Options.Where(option =>
            option is { IsList: false, Kind: not (OptionKind.Rotary or OptionKind.Text or OptionKind.Enum) } && Config(option.Path) is not null)
            .ToDictionary(static option => option.Name, option => Convert.ToDouble(Config(option.Path))),
        Texts = _module.Options.Where(option =>
            option is { IsList: false, Kind: OptionKind.Text or OptionKind.Enum } && Config(option.Path) is string)
            .ToDictionary(static option => option.Name, option => (string)Meaning(option, Config(option.Path)!)),
        Lists = _module.Options.Where(option => option.IsList && Config(option.Path) is not null).ToDictionary(static option => option.Name,
            option =>
                (IReadOnlyList<object>)[.. ((System.Collections.IEnumerable)Config(option.Path)!).Cast<object>()
                    .Select(value => Meaning(option, value))]),
        Rotary = _module.Options.Where(static option => option.Kind == OptionKind.Rotary).ToDictionary(static option => option.Name,
            option => RotaryAngles.Create((int)SizeOf(SizeParser.Parse(option.Default!)), 256, Convert.ToDouble(Config(option.Path) ?? 10_000),
                part: Convert.ToDouble(Config("partial_rotary_factor") ?? Config("rotary_pct") ?? 1.0))),
        Weights = WeightSources.Random(7, _scale),
        Ties = path => Config(path) is true,
        Sequences = sequences,
    };

    // An enum value is stored by name.
    private static object Meaning(OptionInfo option, object value) =>
        option.Kind == OptionKind.Enum
            ? option.Choices.Single(choice =>
                choice.Spellings.Contains((string)value)
                    || (choice.Spellings.Count == 0
                        && string.Equals(choice.Name, ((string)value).Replace("_", "", StringComparison.Ordinal),
                            StringComparison.OrdinalIgnoreCase))).Name
            : value;

    private object? Config(string path) => _config.TryGetValue(path, out var value) ? value : null;

    private long SizeOf(Size size) =>
        size.Evaluate(name =>
            _module.Dims.First(dim => dim.Name == name) is var dim && Config(dim.Path!) is { } value ? Convert.ToInt64(value) : SizeOf(dim.Default!));

    private void WriteCheckpoint()
    {
        _folder.Write("config.json", JsonSerializer.Serialize(_config));
        var writer = new SafetensorsWriter();
        foreach (var weight in _module.Weights.Where(weight =>
            weight.When is null || Config(_module.Options.First(option => option.Name == weight.When).Path) is true))
        {
            if (weight.TiedTo is not null && (weight.TiedWhen is null || Config(weight.TiedWhen) is true))
                continue;
            long[] shape = [.. weight.Shape.Select(SizeOf)];

            // Loading refuses these sizes before it looks for the tensor.
            if (shape.Aggregate(1L, static (product, size) => product * size) is not (> 0 and < 1 << 24 and var elements))
                continue;
            var count = (int)elements;
            for (var layer = 0; layer < (weight.InStack ? LayersOf(weight) : 1); layer++)
            {
                float[] values = [.. WeightSources.Random(7, _scale)(weight, layer, count).Select(static value => (float)value)];
                if (weight.IsTransposed)
                    writer.Add(
                        WeightSources.PathOf(weight, layer),
                        [shape[1], shape[0]],
                        [.. Enumerable.Range(0, count).Select(i => values[((i % shape[0]) * shape[1]) + (i / shape[0])])]);
                else
                    writer.Add(WeightSources.PathOf(weight, layer), shape, values);
            }
        }

        writer.Save(_folder.At("model.safetensors"));
    }

    // The weights of a stack are read in the function of its loop.
    private long LayersOf(WeightInfo weight)
    {
        foreach (var loop in _module.Functions.SelectMany(static function => function.Nodes).Where(static node => node.Op == "loop"))
        {
            if (_module[loop.SymbolOf("body")].Nodes.Any(node => node.Op == "weight" && node.SymbolOf("name") == weight.Name))
                return SizeOf(loop.SizeOf("count"));
        }

        return 1;
    }

    private sealed class Recorder : ITokenSink, IPromptObserver
    {
        public Dictionary<int, float[]> Rows { get; } = [];

        public Dictionary<int, float[]> Residual { get; } = [];

        public Exception? Failure { get; private set; }

        public bool Ready => true;

        public void Next(in GeneratedToken token)
        {
        }

        public void Fail(Exception reason) => Failure = reason;

        public void Logits(int position, ReadOnlySpan<float> logits) => Rows[position] = logits.ToArray();

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden)
        {
        }

        void IPromptObserver.Tap(string name, int index, int position, ReadOnlySpan<float> values) => Residual[position] = values.ToArray();
    }
}
