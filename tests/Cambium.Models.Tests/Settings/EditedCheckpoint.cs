using System.Text.Json.Nodes;
using Cambium.Runtime;

namespace Cambium.Models.Tests.Settings;

/// <summary>A recorded checkpoint with an edited configuration.</summary>
internal sealed class EditedCheckpoint : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public EditedCheckpoint(string fixture, Action<JsonObject> edit)
    {
        Folder = _temporary.Copy(Fixtures.InRepository(fixture));
        var path = Path.Combine(Folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    public string Folder { get; }

    public IReadOnlyList<string> Warnings()
    {
        using var model = Zoo.Load(Folder);
        return model.Checkpoint.Warnings;
    }

    /// <summary>The logits at the last of <paramref name="length"/> positions.</summary>
    public float[] LastLogits(int length)
    {
        using var model = Zoo.Load(Folder);
        int[] ids = [.. Enumerable.Range(0, length).Select(i => ((i * i) + 3) % model.OutputWidth)];
        using var loop = new EngineLoop(
            model,
            new EngineOptions { MaxSequences = 1, Threads = 2, PoolTokens = length + 256, ChunkSize = 32, ContextLength = length + 8,
                MaxRowsPerStep = 512 });
        var recorder = new LogitsRecorder();
        loop.Run(new Request { PromptTokens = ids, MaxTokens = 1, WantsText = false, Observer = recorder });
        return recorder.Logits[length - 1];
    }

    public void Dispose() => _temporary.Dispose();
}
