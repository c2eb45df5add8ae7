using Cambium.Checkpoints;

namespace YourModel;

/// <summary>Writes a checkpoint with random weights: <c>config.json</c> and <c>model.safetensors</c>.</summary>
internal static class RandomCheckpoint
{
    private const int Vocab = 257, Width = 48, Depth = 3, Heads = 6, HeadSize = 16, MlpWidth = 4 * Width;

    public static void Write(string folder, int seed)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {
              "architectures": ["LarchForCausalLM"],
              "vocab_size": {{Vocab}},
              "width": {{Width}},
              "depth": {{Depth}},
              "heads": {{Heads}},
              "head_size": {{HeadSize}},
              "max_position_embeddings": 1024
            }
            """);

        var random = new Random(seed);
        var writer = new SafetensorsWriter();
        Add("embedding", 1f, Vocab, Width);
        AddNorm("norm");
        for (var i = 0; i < Depth; i++)
        {
            AddNorm($"blocks.{i}.norm");
            AddMatrix($"blocks.{i}.query", Heads * HeadSize, Width);
            AddMatrix($"blocks.{i}.key", HeadSize, Width);
            AddMatrix($"blocks.{i}.value", HeadSize, Width);
            AddMatrix($"blocks.{i}.output", Width, Heads * HeadSize);
            AddMatrix($"blocks.{i}.up", MlpWidth, Width);
            AddMatrix($"blocks.{i}.down", Width, MlpWidth);

            // The slopes of the ALiBi paper: 2^(-8/n), 2^(-16/n), ...
            writer.Add($"blocks.{i}.slope", [Heads], [.. Enumerable.Range(1, Heads).Select(static head => MathF.Pow(2, -8f * head / Heads))]);
        }

        writer.Save(Path.Combine(folder, "model.safetensors"));

        void AddMatrix(string name, int rows, int columns) => Add(name, 1 / MathF.Sqrt(columns), rows, columns);

        void AddNorm(string name)
        {
            writer.Add($"{name}.scale", [Width], [.. Enumerable.Repeat(1f, Width)]);
            Add($"{name}.shift", 0.1f, Width);
        }

        void Add(string name, float scale, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, static (product, size) => product * size)];
            for (var i = 0; i < values.Length; i++)
                values[i] = scale * Normal(random);
            writer.Add(name, shape, values);
        }
    }

    private static float Normal(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
