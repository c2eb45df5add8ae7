using System.Text.Json;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>Compares the tokenizer of the small model with token ids and texts from its reference implementation.</summary>
public sealed class TownTokenizerTests
{
    [Theory]
    [InlineData("quickstart")]
    [InlineData("small")]
    public void Token_counts_and_answers_match_the_recording(string size)
    {
        string path = Fixtures.InRepository("town/model/tokenizer.json"), reference = Fixtures.InRepository("town/reference.json");
        Tokenizer tokenizer = Tokenizer.Load(path);
        JsonElement root = JsonDocument.Parse(File.ReadAllText(reference)).RootElement.GetProperty(size);
        JsonElement[] registers = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
        Assert.NotEmpty(registers);
        foreach (JsonElement register in registers)
        {
            Assert.Equal(register.GetProperty("register_tokens").GetInt32(), tokenizer.Encode(register.GetProperty("register").GetString()!).Length);
            Assert.All(register.GetProperty("questions").EnumerateArray(), question =>
            {
                int[] ids = [.. question.GetProperty("reference_greedy_ids").EnumerateArray().Select(static id => id.GetInt32())];
                Assert.StartsWith(question.GetProperty("reference_answer").GetString()!, tokenizer.Decode(ids).TrimStart());
            });
        }
    }
}
