using Cambium.Compiler.Graph;

namespace Cambium.Tests.Interpretation;

/// <summary>The values that a checkpoint and a step give to a graph.</summary>
public sealed record InterpreterInput
{
    /// <summary>Dims by name. A missing one has its default.</summary>
    public required IReadOnlyDictionary<string, long> Dims { get; init; }

    /// <summary>Floats, integers, and bools as 0 or 1, by name. A missing option has its default.</summary>
    public IReadOnlyDictionary<string, double> Options { get; init; } = new Dictionary<string, double>();

    /// <summary>Texts by name. A missing option has its default.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = new Dictionary<string, string>();

    /// <summary>Values of list options by name, as numbers, bools or texts. Each value of a missing list is its default.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<object>> Lists { get; init; } = new Dictionary<string, IReadOnlyList<object>>();

    /// <summary>Angles by the name of the rotary option.</summary>
    public IReadOnlyDictionary<string, RotaryAngles> Rotary { get; init; } = new Dictionary<string, RotaryAngles>();

    public required WeightSource Weights { get; init; }

    /// <summary>Bools of the config that decide ties, by path.</summary>
    public Func<string, bool> Ties { get; init; } = static _ => false;

    /// <summary>
    /// Tokens of each sequence. The rows of the step are the concatenated sequences, each from position 0. Attention does not cross sequences.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<int>> Sequences { get; init; }

    /// <summary>The entry that runs, by the author's name.</summary>
    public string Entry { get; init; } = "Forward";

    /// <summary>The entry's inputs other than the tokens, by the author's names: the elements of all rows.</summary>
    public IReadOnlyDictionary<string, double[]> Inputs { get; init; } = new Dictionary<string, double[]>();

    /// <summary>Rows whose results are wanted; null for all of them.</summary>
    public IReadOnlyList<int>? OutputRows { get; init; }
}

/// <summary>The elements of a weight; <paramref name="layer"/> is the index in its stack, or 0.</summary>
public delegate double[] WeightSource(WeightInfo weight, int layer, int count);

/// <summary>Sources of weights in tests.</summary>
public static class WeightSources
{
    public static WeightSource From(IReadOnlyDictionary<(string Name, int Layer), double[]> weights) =>
        (weight, layer, _) => weights[(weight.Name, layer)];

    /// <summary>Reads by the tensor's full name in the checkpoint.</summary>
    public static WeightSource ByPath(Func<string, double[]> read) => (weight, layer, _) => read(PathOf(weight, layer));

    /// <summary>
    /// Numbers in (-scale, scale) that are exact in single precision. They depend only on the tensor's path, so graphs with other names or another
    /// order of weights read the same numbers.
    /// </summary>
    public static WeightSource Random(ulong seed, double scale = 0.5) => (weight, layer, count) =>
    {
        ulong state = seed;
        foreach (char c in PathOf(weight, layer))
            state = (state ^ c) * 0x100000001B3;
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            values[i] = (float)(scale * (((mixed ^ (mixed >> 31)) >> 11) / (double)(1L << 52) - 1));
        }

        return values;
    };

    public static string PathOf(WeightInfo weight, int layer) =>
        weight.Path.Split('|')[0].Replace("{i}", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
