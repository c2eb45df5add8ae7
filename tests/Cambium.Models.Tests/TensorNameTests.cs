using System.Text.Json.Nodes;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>One class loads checkpoints with different tensor names.</summary>
public sealed class TensorNameTests
{
    [Fact]
    public void Gpt2_loads_with_and_without_the_name_prefix()
    {
        var original = Fixtures.InRepository("gpt2");
        using var folder = new TemporaryFolder();
        folder.Write("config.json", File.ReadAllBytes(Path.Combine(original, "config.json")));
        folder.Write("model.safetensors", WithoutPrefix(File.ReadAllBytes(Path.Combine(original, "model.safetensors"))));
        using var renamed = Gpt2.Load(folder.Path);
        using var known = Gpt2.Load(original);

        Assert.Empty(renamed.Checkpoint.UnreadTensors);
        Assert.Equal(Values(known), Values(renamed));
    }

    private static float[] Values(CompiledModel model)
    {
        using var encoder = new Encoder(model);
        return encoder.Run(new[] { 3, 1, 4, 1, 5, 9, 2, 6 }).Values;
    }

    private static byte[] WithoutPrefix(byte[] file)
    {
        var length = (int)BitConverter.ToInt64(file);
        var header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        var names = header.Select(static entry => entry.Key).Where(static name => name.StartsWith("transformer.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            var tensor = header[name];
            header.Remove(name);
            header.Add(name["transformer.".Length..], tensor);
        }

        var text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. file.AsSpan(8 + length)];
    }
}
