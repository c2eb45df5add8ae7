using System.Text.Json.Nodes;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>
/// Compares each part of the format with results of the reference implementation (tokenizers 0.22.2). Each entry of <c>parts.json</c> replaces one
/// part of a recorded tokenizer.
/// </summary>
public sealed class TokenizerPartsTests : IDisposable
{
    private static readonly JsonArray Recorded = JsonNode.Parse(File.ReadAllText(Fixtures.InRepository("tokenizers/parts.json")))!.AsArray();

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. Recorded.Select(static part => (string)part!["name"]!)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_part_of_a_tokenizer_matches_the_recording(string name)
    {
        JsonNode part = Recorded.First(part => (string)part!["name"]! == name)!;
        JsonNode root = JsonNode.Parse(File.ReadAllText(Fixtures.InRepository($"tokenizers/{part["family"]}/tokenizer.json")))!;
        foreach ((string field, JsonNode? value) in part["parts"]!.AsObject())
            root[field] = value?.DeepClone();
        foreach ((string field, JsonNode? value) in part["model"]!.AsObject())
            root["model"]![field] = value?.DeepClone();
        Tokenizer tokenizer = Tokenizer.Load(_folder.Write("tokenizer.json", root.ToJsonString()));
        Assert.All(part["cases"]!.AsArray(), test =>
        {
            int[] ids = [.. test!["with_special"]!.AsArray().Select(static id => (int)id!)];
            Assert.Equal(ids, tokenizer.Encode((string)test["text"]!, parseSpecial: true));
            Assert.Equal((string)test["decoded_skipping_special"]!, tokenizer.Decode(ids));
        });
    }
}
