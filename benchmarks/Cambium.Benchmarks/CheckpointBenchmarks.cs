using BenchmarkDotNet.Attributes;
using Cambium.Models;
using Cambium.Text;

namespace Cambium.Benchmarks;

/// <summary>The work before the first step: reading, converting and packing weights, and encoding text.</summary>
public class CheckpointBenchmarks
{
    private Tokenizer _tokenizer = null!;
    private string _text = "";

    [GlobalSetup(Targets = [nameof(LoadLarge), nameof(LoadSmall)])]
    public void PrepareLoading() => SyntheticLlama.Folder();

    [GlobalSetup(Targets = [nameof(Encode), nameof(Decode)])]
    public void PrepareText()
    {
        _tokenizer = Tokenizer.Load(Path.Combine(Repository.SmallModel, "tokenizer.json"));
        var sentences = Enumerable.Range(0, 200).Select(static i => $"Mia has a red boat and {i} apples. Tom works at the mill.");
        _text = string.Join(' ', sentences);
        Ids = _tokenizer.Encode(_text);
    }

    private int[] Ids { get; set; } = [];

    /// <summary>134 million f32 weights, from the file cache of the system.</summary>
    [Benchmark]
    public void LoadLarge() => Llama.Load(SyntheticLlama.Folder()).Dispose();

    /// <summary>0.9 million bf16 weights.</summary>
    [Benchmark]
    public void LoadSmall() => Llama.Load(Repository.SmallModel).Dispose();

    /// <summary>About 11,000 characters.</summary>
    [Benchmark]
    public int[] Encode() => _tokenizer.Encode(_text);

    [Benchmark]
    public string Decode() => _tokenizer.Decode(Ids);
}
