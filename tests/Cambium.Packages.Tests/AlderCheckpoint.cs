using Cambium.Checkpoints;

namespace Cambium.Packages.Tests;

/// <summary>A random checkpoint for the class in <c>Projects/Alder</c>, and a naive reference in doubles that uses no code of Cambium.</summary>
internal sealed class AlderCheckpoint
{
    private const int Vocab = 11, Hidden = 6, Intermediate = 10, Layers = 2;
    private const double Decay = 0.5, Epsilon = 1e-5;

    private readonly Dictionary<string, (int Rows, int Columns, float[] Values)> _weights = [];

    public AlderCheckpoint(int seed)
    {
        var random = new Random(seed);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
        void Add(string name, int rows, int columns) => _weights.Add(name, (rows, columns, Values(rows * columns)));
        Add("embed", Vocab, Hidden);
        for (var i = 0; i < Layers; i++)
        {
            Add($"layers.{i}.norm", 1, Hidden);
            Add($"layers.{i}.qkv", 3 * Hidden, Hidden);
            Add($"layers.{i}.mlp.gate_proj.weight", Intermediate, Hidden);
            Add($"layers.{i}.mlp.up_proj.weight", Intermediate, Hidden);
            Add($"layers.{i}.mlp.down_proj.weight", Hidden, Intermediate);
        }
    }

    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {
              "architectures": ["AlderForCausalLM"],
              "vocab_size": {{Vocab}}, "hidden_size": {{Hidden}}, "intermediate_size": {{Intermediate}}, "layers": {{Layers}},
              "decay": 0.5, "hidden_act": "silu", "max_position_embeddings": 64
            }
            """);
        var writer = new SafetensorsWriter();
        foreach (var (name, weight) in _weights)
            writer.Add(name, weight.Rows == 1 ? [weight.Columns] : [weight.Rows, weight.Columns], weight.Values);
        writer.Save(Path.Combine(folder, "model.safetensors"));
    }

    /// <summary>Writes ids and their logits, as the tool expects recorded results.</summary>
    public void WriteExpected(string path, int[] tokens)
    {
        var writer = new SafetensorsWriter();
        writer.Add("ids.0", [tokens.Length], tokens);
        writer.Add("logits.0", [tokens.Length, Vocab], [.. Logits(tokens).SelectMany(static row => row).Select(static value => (float)value)]);
        writer.Save(path);
    }

    /// <summary>Logits [tokens][vocabulary].</summary>
    public double[][] Logits(int[] tokens)
    {
        double[] Embedding(int token) => [.. _weights["embed"].Values.Skip(token * Hidden).Take(Hidden).Select(static value => (double)value)];
        double[][] x = [.. tokens.Select(Embedding)];
        for (var layer = 0; layer < Layers; layer++)
        {
            var name = $"layers.{layer}.";
            double[][] qkv = [.. x.Select(row => Linear(RmsNorm(row, _weights[name + "norm"].Values), name + "qkv"))];
            x = [.. x.Select((row, t) => Add(row, Attend(qkv, t)))];
            x = [.. x.Select(row => Add(row, Mlp(row, name + "mlp.")))];
        }

        return [.. x.Select(row => Linear(row, "embed"))];
    }

    private static double[] Attend(double[][] qkv, int t)
    {
        double Dot(int key) => Enumerable.Range(0, Hidden).Sum(i => qkv[t][i] * qkv[key][Hidden + i]);
        double[] scores = [.. Enumerable.Range(0, t + 1).Select(key => (Dot(key) / Math.Sqrt(Hidden)) - (Decay * (t - key)))];
        var maximum = scores.Max();
        double[] shares = [.. scores.Select(score => Math.Exp(score - maximum))];
        double Value(int i) => shares.Select((share, key) => share * qkv[key][(2 * Hidden) + i]).Sum();
        return [.. Enumerable.Range(0, Hidden).Select(i => Value(i) / shares.Sum())];
    }

    private double[] Mlp(double[] row, string name)
    {
        var (gate, up) = (Linear(row, name + "gate_proj.weight"), Linear(row, name + "up_proj.weight"));
        return Linear([.. gate.Select((value, i) => value / (1 + Math.Exp(-value)) * up[i])], name + "down_proj.weight");
    }

    private double[] Linear(double[] row, string name)
    {
        var (rows, columns, values) = _weights[name];
        return [.. Enumerable.Range(0, rows).Select(r => Enumerable.Range(0, columns).Sum(c => values[(r * columns) + c] * row[c]))];
    }

    private static double[] RmsNorm(double[] row, float[] weight)
    {
        var scale = 1 / Math.Sqrt(row.Average(static value => value * value) + Epsilon);
        return [.. row.Select((value, i) => value * scale * weight[i])];
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, static (x, y) => x + y)];
}
