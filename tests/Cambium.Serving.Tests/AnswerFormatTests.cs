using System.Text.Json;
using Cambium.Runtime;
using Cambium.Serving.Tools;
using Cambium.Text.Templates;
using CsCheck;
using Microsoft.Extensions.AI;
using Xunit;

namespace Cambium.Serving.Tests;

/// <summary>Calls and reasoning in the formats of published models.</summary>
public sealed class AnswerFormatTests : IAsyncDisposable
{
    private const string Arguments = "{\"city\": \"Rome\", \"days\": 3}";
    private const string Analysis = "<|channel|>analysis<|message|>The user asks.<|end|><|start|>assistant";

    private static readonly AIFunction Weather = AIFunctionFactory.Create(
        (string city, int days) => $"{days} days of rain in {city}", "weather", "The weather of a city.");

    private static readonly AIFunction Clock = AIFunctionFactory.Create(() => "noon", "clock", "The time.");

    private static readonly string[] Parts =
    [
        "<|channel|>", "analysis", "final", "commentary", " to=functions.f", "<|message|>", "<|end|>", "<|start|>", "assistant", "{}", "text <",
        "t", " ",
    ];

    private readonly SpokenModel _model = new();
    private readonly Engine _engine;

    public AnswerFormatTests() => _engine = new Engine(_model, new EngineOptions { ChunkSize = 32, PoolTokens = 16384, Threads = 1, Seed = 1 });

    public static TheoryData<string, string> Calls => new()
    {
        { "Hermes", $"<tool_call>\n{{\"name\": \"weather\", \"arguments\": {Arguments}}}\n</tool_call>" },
        { "Hermes", $"<tool_call>{{\"type\": \"function\", \"function\": {{\"name\": \"weather\", \"arguments\": {Arguments}}}}}" },
        { "Mistral", $"[TOOL_CALLS][{{\"name\": \"weather\", \"arguments\": {Arguments}}}]" },
        { "Mistral", $"[TOOL_CALLS]weather[ARGS]{Arguments}" },
        { "NamedMistral", $"[TOOL_CALLS]weather[ARGS]{Arguments}" },
        { "NamedMistral", $"[TOOL_CALLS]weather[CALL_ID]a1b2c3d4e[ARGS]{Arguments}" },
        { "NamedMistral", $"[TOOL_CALLS] [{{\"name\": \"weather\", \"arguments\": {Arguments}}}]" },
        { "Llama", $"{{\"name\": \"weather\", \"parameters\": {Arguments}}}" },
        { "Llama", $"<|python_tag|>{{\"name\": \"weather\", \"parameters\": {Arguments}}}" },
        { "Llama", $"<|python_tag|>{{\"type\": \"function\", \"name\": \"weather\", \"parameters\": {Arguments}}}" },
        { "Llama", $"{{\"function\": \"weather\", \"parameters\": {Arguments}}}" },
        { "Harmony", $"<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{Arguments}<|call|>" },
        { "Harmony", $"{Analysis}<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{Arguments}<|call|>" },
        { "Harmony", $"{Analysis} to=functions.weather<|channel|>commentary json<|message|>{Arguments}<|call|>" },
        { "Harmony", $"<|channel|>commentary to=functions.weather<|message|>{Arguments}" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_in_the_format_of_the_model_is_read(string template, string call)
    {
        using var chat = _engine.AsChatClient(Named(template));
        _model.Say(call, template == "Harmony" ? "<|channel|>final<|message|>It rains." : "It rains.");
        List<ChatMessage> conversation = [new(ChatRole.User, "Will it rain?")];
        var options = new ChatOptions { Tools = [Weather, Clock] };
        var response = await chat.GetResponseAsync(conversation, options);
        var content = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        var (city, days) = (content.Arguments!["city"]!.ToString(), ((JsonElement)content.Arguments["days"]!).GetInt32());
        Assert.Equal(("weather", "Rome", 3), (content.Name, city, days));
        Assert.Equal(("", ChatFinishReason.ToolCalls), (response.Text, response.FinishReason));
        if (call.Contains("[CALL_ID]", StringComparison.Ordinal))
            Assert.Equal("a1b2c3d4e", content.CallId);

        conversation.AddRange(response.Messages);
        conversation.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(content.CallId, "wet")]));
        response = await chat.GetResponseAsync(conversation, options);
        Assert.Equal(("It rains.", ChatFinishReason.Stop), (response.Text, response.FinishReason));
        Assert.Contains("wet", _model.Prompt, StringComparison.Ordinal);
        Assert.Contains("\"days\": 3", _model.Prompt, StringComparison.Ordinal);
        Assert.Equal(call.Contains("analysis", StringComparison.Ordinal), _model.Prompt.Contains("The user asks.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("NamedMistral", $"[TOOL_CALLS]weather[ARGS]{Arguments}[TOOL_CALLS]clock[ARGS]{{}}")]
    [InlineData("Llama", $"<|python_tag|>{{\"name\": \"weather\", \"parameters\": {Arguments}}}; {{\"name\": \"clock\", \"parameters\": {{}}}}")]
    [InlineData("Harmony", $"<|channel|>commentary to=functions.weather<|message|>{Arguments}<|call|>"
        + "<|start|>assistant<|channel|>commentary to=functions.clock<|message|>{}<|call|>")]
    public async Task Several_calls_keep_their_order(string template, string calls)
    {
        using var chat = _engine.AsChatClient(Named(template));
        _model.Say(calls);
        var response = await chat.GetResponseAsync("When?", new ChatOptions { Tools = [Clock, Weather] });
        Assert.Equal(["weather", "clock"], response.Messages[0].Contents.OfType<FunctionCallContent>().Select(static call => call.Name));
        Assert.Equal("", response.Text);
    }

    [Theory]
    [InlineData("NamedMistral", "[TOOL_CALLS]weather[ARGS]not JSON")]
    [InlineData("NamedMistral", "[TOOL_CALLS]weather, {} or not")]
    [InlineData("Llama", "<|python_tag|>print(1)")]
    [InlineData("Llama", "<|python_")]
    [InlineData("Llama", "<b>bold</b>")]
    public async Task Text_that_is_not_a_call_is_returned_whole(string template, string answer)
    {
        using var chat = _engine.AsChatClient(Named(template));
        _model.Say(answer);
        Assert.Equal(answer, (await chat.GetResponseAsync("Well?", new ChatOptions { Tools = [Weather] })).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reasoning_is_not_the_text_of_the_answer(bool hasTools)
    {
        using var chat = _engine.AsChatClient(ToolTemplates.Harmony);
        _model.Say(Analysis + "<|channel|>final<|message|>It is 1 < 2.");
        var response = await chat.GetResponseAsync("Well?", hasTools ? new ChatOptions { Tools = [Weather] } : null);
        Assert.Equal(("It is 1 < 2.", ChatFinishReason.Stop), (response.Text, response.FinishReason));
        Assert.Equal("The user asks.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);

        // Cut off within the reasoning.
        _model.Say(Analysis);
        response = await chat.GetResponseAsync("Well!", new ChatOptions { MaxOutputTokens = 15 });
        Assert.Equal(("", ChatFinishReason.Length), (response.Text, response.FinishReason));
    }

    [Theory]
    [InlineData("No channel.", "No channel.")]
    [InlineData("to", "to")]
    [InlineData("<|channel|>commentary<|message|>I will look.<|end|><|start|>assistant<|channel|>final<|message|>Done.", "I will look.Done.")]
    [InlineData("<|channel|>commentary to=python<|message|>print(1)<|end|><|start|>assistant<|channel|>final<|message|>Done.", "Done.")]
    [InlineData("<|channel|>commentary to=functions.weather<|message|>no JSON<|call|>", "no JSON")]
    public async Task Other_messages_of_gpt_oss_are_read(string answer, string text)
    {
        using var chat = _engine.AsChatClient(ToolTemplates.Harmony);
        _model.Say(answer);
        Assert.Equal(text, (await chat.GetResponseAsync("Well?", new ChatOptions { Tools = [Weather] })).Text);
    }

    [Theory]
    [InlineData("NamedMistral")]
    [InlineData("Harmony")]
    public async Task A_required_call_names_one_function(string template)
    {
        using var chat = _engine.AsChatClient(Named(template));
        var tool = AIFunctionFactory.CreateDeclaration("pick", "Picks.", JsonElement.Parse(
            """{"type":"object","properties":{"color":{"$ref":"#/$defs/color"}},"required":["color"],"$defs":{"color":{"enum":["red","blue"]}}}"""));
        _model.Say("I would rather not.");
        var options = new ChatOptions { Tools = [Clock, tool], ToolMode = ChatToolMode.RequireSpecific("pick") };
        var response = await chat.GetResponseAsync("Pick!", options);
        var call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(("pick", ChatFinishReason.ToolCalls, ""), (call.Name, response.FinishReason, response.Text));
        Assert.Contains(call.Arguments!["color"]!.ToString(), (string[])["red", "blue"]);

        options.ToolMode = ChatToolMode.RequireAny;
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => chat.GetResponseAsync("Pick!", options));
        Assert.Contains("RequireSpecific", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_constrains_the_final_channel()
    {
        using var chat = _engine.AsChatClient(ToolTemplates.Harmony);
        _model.Say("I would rather not.");
        var format = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"enum":["yes"]}"""));
        var response = await chat.GetResponseAsync("Well?", new ChatOptions { ResponseFormat = format });
        Assert.Equal("\"yes\"", response.Text);
        Assert.EndsWith("<|start|>assistant<|channel|>final<|message|>", _model.Prompt, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reader_of_channels_loses_nothing_for_any_split() => Gen.Select(
        Gen.Int[0, Parts.Length - 1].Select(static i => Parts[i]).Array[1, 14],
        Gen.Int[1, 9]).Sample(static (parts, piece) =>
    {
        var answer = string.Concat(parts);
        Assert.Equal(Read(answer.Length), Read(piece));

        (string Text, string Reasoning, int Calls) Read(int size)
        {
            var reader = new HarmonyReader();
            AIContent[] contents = [.. answer.Chunk(size).SelectMany(chunk => reader.Append(new string(chunk))), .. reader.Finish()];
            return (string.Concat(contents.OfType<TextContent>()), string.Concat(contents.OfType<TextReasoningContent>()),
                contents.OfType<FunctionCallContent>().Count());
        }
    });

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private static ChatTemplate Named(string name) => name switch
    {
        "Hermes" => ToolTemplates.Hermes,
        "Mistral" => ToolTemplates.Mistral,
        "NamedMistral" => ToolTemplates.NamedMistral,
        "Harmony" => ToolTemplates.Harmony,
        _ => ToolTemplates.Llama,
    };
}
