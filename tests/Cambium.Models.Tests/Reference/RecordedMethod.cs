using System.Text.Json;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Prefixes;
using Xunit;

namespace Cambium.Models.Tests.Reference;

/// <summary>A recorded case of a method: its base model, and tensors with a tolerance for each group of them.</summary>
internal sealed class RecordedMethod : IDisposable
{
    private readonly JsonDocument _case;
    private readonly string _folder;
    private readonly JsonElement _tolerances;
    private readonly string _prefix;

    /// <param name="folder">The folder of the case.</param>
    /// <param name="checkpoint">Of several base models the path of this one; null for the only one.</param>
    /// <param name="tolerances">Property with the tolerances of this base model, in <c>tolerances</c>; null for <c>tolerance</c>.</param>
    public RecordedMethod(string folder, string? checkpoint = null, string? tolerances = null)
    {
        _folder = folder;
        _prefix = tolerances is null ? "" : tolerances + ".";
        _case = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        _tolerances = tolerances is null ? Case.GetProperty("tolerance") : Case.GetProperty("tolerances").GetProperty(tolerances);
        Model = Zoo.Load(Path.GetFullPath(Path.Combine(folder, checkpoint ?? Case.GetProperty("base").GetString()!)));
        Loop = new EngineLoop(Model);
    }

    public JsonElement Case => _case.RootElement;

    public SafetensorsFile Expected { get; }

    public CompiledModel Model { get; }

    public EngineLoop Loop { get; }

    public int[] Ids(string name) => [.. Expected.ReadIntegers(name).Select(static id => (int)id)];

    public long[] Shape(string name) => [.. Expected.Require(name).Shape];

    /// <summary>Keys and values in the layout of PEFT.</summary>
    public PrefixUse Rows(ReadOnlySpan<float> numbers, int rows, string name) => Load(new PrefixPart.Content(
        PeftLayout.Read(numbers, rows, Model.CacheSites), HasPositions: true), name);

    public PrefixUse Rows(string name) => Rows(Expected.ReadFloats(name), (int)Shape(name)[0], name);

    public PrefixUse Load(PrefixPart part, string name) => Loop.LoadPrefix(new Prefix { Name = name, Method = "recorded", Parts = [part] });

    /// <summary>The logits of sequences in one batch.</summary>
    public IReadOnlyList<float[]> Logits(params IReadOnlyList<(int[] Ids, PrefixUse[] Prefixes)> sequences)
    {
        var records = sequences.Select(sequence => new PromptRecord(sequence.Ids.Length, Model.OutputWidth)).ToList();
        SameBits.Crowd.Run(Loop, sequences.Select((sequence, i) => new Request
        {
            PromptTokens = sequence.Ids,
            MaxTokens = 1,
            EosTokens = [],
            Prefixes = sequence.Prefixes,
            Observer = records[i],
        }));
        return [.. records.Select(static record => record.Logits)];
    }

    /// <summary>Compares with a tensor, or with a part of one.</summary>
    public void Close(string name, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        var largest = 0.0;
        foreach (var value in Expected.ReadFloats(name))
            largest = Math.Max(largest, Math.Abs(value));
        var tolerance = ToleranceOf(name) * largest;
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{_folder}, {name}[{i}]: expected {expected[i]}, computed {actual[i]}.");
    }

    public void Close(string name, ReadOnlySpan<float> actual) => Close(name, actual, Expected.ReadFloats(name));

    public void Dispose()
    {
        Loop.Dispose();
        Model.Dispose();
        Expected.Dispose();
        _case.Dispose();
    }

    // A group is the name, or the name without its last parts; of several base models, without that of the model.
    private double ToleranceOf(string name)
    {
        var group = name[_prefix.Length..];
        while (true)
        {
            if (_tolerances.TryGetProperty(group, out var tolerance))
                return tolerance.GetDouble();
            group = group.LastIndexOf('.') is > 0 and var dot ? group[..dot]
                : throw new InvalidOperationException($"{_folder}: case.json has no tolerance for {name}.");
        }
    }
}
