using System.Text.Json;
using Cambium.Runtime;
using Cambium.Serving.Tools;
using Cambium.Text.Templates;
using CsCheck;
using Microsoft.Extensions.AI;
using Xunit;

namespace Cambium.Serving.Tests;

/// <summary>Tools: the template shows them to the model, calls use the format of the template, and results its role.</summary>
public sealed class ToolTests : IAsyncDisposable
{
    private static readonly AIFunction Weather = AIFunctionFactory.Create(
        (string city, int days) => $"{days} days of rain in {city}", "weather", "The weather of a city.");

    private static readonly AIFunction Clock = AIFunctionFactory.Create(() => "noon", "clock", "The time.");

    // Random text of the characters of calls, and whole calls.
    private static readonly Gen<string> Parts = Gen.OneOf(
        Gen.String[Gen.Char["<>/tol_ca{}[]\"name:,1 \n"], 0, 30], Gen.Int[0, 2].Select(static i => (string)Calls.ElementAt(i)[1]));

    private static readonly Gen<(string[] Parts, int Kind, int Piece, bool HasBegun)> Splits =
        Gen.Select(Parts.Array[1, 4], Gen.Int[0, 2], Gen.Int[1, 9], Gen.Bool);

    private readonly SpokenModel _model = new();
    private readonly Engine _engine;

    public ToolTests() => _engine = new Engine(_model, new EngineOptions { ChunkSize = 32, PoolTokens = 16384, Threads = 1, Seed = 1 });

    public static TheoryData<string, string> Calls => new()
    {
        { "Hermes", "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome </tool_call>\", \"days\": 3}}\n</tool_call>" },
        { "Mistral", "[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome </tool_call>\", \"days\": 3}}]" },
        { "Listed", "<think>\n</think>\n\n<CALLS>[{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome </tool_call>\", \"days\": 3}}]</CALLS>" },
        { "Llama", "{\"name\": \"weather\", \"parameters\": {\"city\": \"Rome </tool_call>\", \"days\": 3}}" },
    };

    [Theory]
    [InlineData("Hermes", "<tool_call>\n", "</tool_call>", false, "arguments")]
    [InlineData("Mistral", "[TOOL_CALLS] ", "", true, "arguments")]
    [InlineData("Llama", "", "", false, "parameters")]
    [InlineData("Listed", "<CALLS>", "</CALLS>", true, "arguments")]
    public void The_format_of_calls_is_detected_from_the_template(string template, string begin, string end, bool isList, string arguments) =>
        Assert.Equal(new ToolFormat(begin, end, isList, arguments, ShowsResults: true), ToolFormat.Of(Named(template)));

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_is_content_and_its_result_has_the_tool_role(string template, string call)
    {
        using var chat = _engine.AsChatClient(Named(template));
        _model.Say(call, "It rains.");
        var conversation = new List<ChatMessage> { new(ChatRole.User, "Will it rain?") };
        var options = new ChatOptions { Tools = [Weather, Clock] };
        var response = await chat.GetResponseAsync(conversation, options);
        Assert.Contains("The weather of a city.", _model.Prompt, StringComparison.Ordinal);
        var content = Assert.IsType<FunctionCallContent>(
            Assert.Single(response.Messages[0].Contents, static content => content is not (UsageContent or TextContent)));
        Assert.Equal(template == "Listed" ? "<think>\n</think>\n\n" : "", response.Text);
        var arguments = content.Arguments!;
        var (city, days) = (arguments["city"]!.ToString(), ((JsonElement)arguments["days"]!).GetInt32());
        Assert.Equal(("weather", "Rome </tool_call>", 3), (content.Name, city, days));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);

        conversation.AddRange(response.Messages);
        conversation.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(content.CallId, "wet \"and\" cold")]));
        response = await chat.GetResponseAsync(conversation, options);
        Assert.Equal(("It rains.", ChatFinishReason.Stop), (response.Text, response.FinishReason));
        Assert.Contains("cold", _model.Prompt, StringComparison.Ordinal);
        Assert.Contains("{\"name\": \"weather\", ", _model.Prompt, StringComparison.Ordinal);
        // The first turn was in the KV cache.
        Assert.True(response.Usage!.CachedInputTokenCount > 300, $"{response.Usage.CachedInputTokenCount}");
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task UseFunctionInvocation_calls_the_functions(string template, string call)
    {
        using var chat = _engine.AsChatClient(Named(template)).AsBuilder().UseFunctionInvocation().Build();
        _model.Say(call, "Take an umbrella.");
        var response = await chat.GetResponseAsync("Will it rain?", new ChatOptions { Tools = [Weather, Clock] });
        Assert.Equal("Take an umbrella.", response.Messages[^1].Text);
        Assert.Contains("3 days of rain in Rome", _model.Prompt, StringComparison.Ordinal);
        Assert.Equal(3, response.Messages.Count);
    }

    [Fact]
    public async Task Text_and_several_calls_keep_their_order()
    {
        using var chat = _engine.AsChatClient(ToolTemplates.Hermes);
        _model.Say("Let me <see>.\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>\n"
            + "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}</tool_call>");
        var contents = new List<AIContent>();
        await foreach (var update in chat.GetStreamingResponseAsync("When?", new ChatOptions { Tools = [Clock, Weather] }))
            contents.AddRange(update.Contents);
        Assert.Equal("Let me <see>.\n", string.Concat(contents.OfType<TextContent>()));
        Assert.Equal(["clock", "weather"], contents.OfType<FunctionCallContent>().Select(static call => call.Name));
        var firstCall = contents.FindIndex(static content => content is FunctionCallContent);
        Assert.True(firstCall > contents.FindLastIndex(static content => content is TextContent));
        Assert.Equal(2, contents.OfType<FunctionCallContent>().Select(static call => call.CallId).Distinct().Count());
    }

    [Theory]
    [InlineData("Hermes", "No call, 1 < 2 and <tool_cal>.")]
    [InlineData("Hermes", "<tool_call>\n{\"name\": \"weather\", \"argum")]
    [InlineData("Hermes", "<tool_call>{\"city\": 1}</tool_call> after")]
    [InlineData("Mistral", "[TOOL_CALLS][1, 2, 3]")]
    [InlineData("Llama", "{\"answer\": 42}")]
    [InlineData("Llama", "{\"name\": \"\\ud800\", \"parameters\": {}}")]
    [InlineData("Hermes", "<tool_call>{\"name\": \"weather\", \"arguments\": {\"\\udc00\": 1}}</tool_call>")]
    [InlineData("Llama", "The answer: {\"name\": \"weather\", \"parameters\": {}}")]
    [InlineData("Llama", "{\"name\": 1}")]
    public async Task Text_that_is_not_a_call_is_returned_whole(string template, string answer)
    {
        using var chat = _engine.AsChatClient(Named(template));
        _model.Say(answer, answer);
        var response = await chat.GetResponseAsync("Well?", new ChatOptions { Tools = [Weather] });
        Assert.Equal((answer, ChatFinishReason.Stop), (response.Text, response.FinishReason));
        var cut = await chat.GetResponseAsync("Well?", new ChatOptions { Tools = [Weather], MaxOutputTokens = 5 });
        Assert.Equal(ChatFinishReason.Length, cut.FinishReason);
        Assert.StartsWith(cut.Text, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hermes")]
    [InlineData("Mistral")]
    [InlineData("Llama")]
    [InlineData("Listed")]
    public async Task A_required_call_overrides_the_model(string template)
    {
        using var chat = _engine.AsChatClient(Named(template));
        var tool = AIFunctionFactory.CreateDeclaration("pick", "Picks.", JsonElement.Parse("""
            {
              "type":"object",
              "properties":{"color":{"$ref":"#/$defs/color"},"count":{"type":"integer","minimum":2,"maximum":7}},
              "required":["color","count"],
              "$defs":{"color":{"enum":["red","blue"]}}
            }
            """));
        _model.Say("I would rather not.", "Neither now.", "Nor now.");
        var options = new ChatOptions { Tools = [Clock, tool], ToolMode = ChatToolMode.RequireSpecific("pick") };
        var response = await chat.GetResponseAsync("Pick!", options);
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(response.Messages[0].Contents, static content => content is not UsageContent));
        Assert.Equal(("pick", ChatFinishReason.ToolCalls), (call.Name, response.FinishReason));
        Assert.Contains(call.Arguments!["color"]!.ToString(), (string[])["red", "blue"]);
        Assert.InRange(((JsonElement)call.Arguments["count"]!).GetInt32(), 2, 7);

        options.ToolMode = ChatToolMode.RequireAny;
        call = Assert.Single((await chat.GetResponseAsync("Pick!", options)).Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Contains(call.Name, (string[])["clock", "pick"]);

        options.ToolMode = ChatToolMode.None;
        Assert.Equal("Nor now.", (await chat.GetResponseAsync("Pick!", options)).Text);
        Assert.DoesNotContain("Picks.", _model.Prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unsupported_tools_are_refused_by_name()
    {
        async Task<string> Refused(ChatTemplate template, ChatOptions options, params ChatMessage[] messages)
        {
            using var chat = _engine.AsChatClient(template);
            ChatMessage[] conversation = messages.Length > 0 ? messages : [new(ChatRole.User, "A")];
            return (await Assert.ThrowsAsync<NotSupportedException>(() => chat.GetResponseAsync(conversation, options))).Message;
        }

        var tools = new ChatOptions { Tools = [Weather] };
        Assert.Contains("does not show tools", await Refused(ToolTemplates.Plain, tools), StringComparison.Ordinal);
        Assert.Contains("does not show tool calls as JSON", await Refused(ToolTemplates.Exotic, tools), StringComparison.Ordinal);

        var withoutResults = ChatTemplate.Parse("{{ tools | tojson }}{% for m in messages %}{{ m.role }}:{% if m.tool_calls %}"
            + "{{ m.tool_calls[0].function | tojson }}{% elif m.role != 'tool' %}{{ m.content }}{% endif %}{% endfor %}");
        var result = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("1", "x")]);
        Assert.Contains("FunctionResultContent", await Refused(withoutResults, tools, result), StringComparison.Ordinal);
        var call = new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("1", "x")]);
        Assert.Contains("does not show tools", await Refused(ToolTemplates.Plain, new ChatOptions(), call), StringComparison.Ordinal);

        var failing = ChatTemplate.Parse(
            "{{ tools | tojson }}{% if messages | length > 1 %}{{ raise_exception('not with me') }}{% endif %}");
        Assert.Contains("not with me", await Refused(failing, tools), StringComparison.Ordinal);

        var odd = AIFunctionFactory.CreateDeclaration(
            "odd", "", JsonElement.Parse("""{"type":"object","properties":{"n":{"type":"integer","multipleOf":2}}}"""));
        foreach (var (options, part) in ((ChatOptions, string)[])
        [
            (new() { Tools = [new HostedWebSearchTool()] }, "HostedWebSearchTool"),
            (new() { Tools = [Weather], ToolMode = ChatToolMode.RequireSpecific("rain") }, "'rain'"),
            (new() { ToolMode = ChatToolMode.RequireAny }, "Tools is empty"),
            (new() { Tools = [Weather], ResponseFormat = ChatResponseFormat.Json }, "ResponseFormat"),
            (new() { Tools = [Weather], AllowMultipleToolCalls = false }, "AllowMultipleToolCalls"),
            (new() { Tools = [odd], ToolMode = ChatToolMode.RequireAny }, "'multipleOf'"),
        ])
        {
            Assert.Contains(part, await Refused(ToolTemplates.Hermes, options), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_reader_loses_nothing_for_any_split() => Splits.Sample(static (parts, kind, piece, hasBegun) =>
    {
        var answer = string.Concat(parts);
        var format = ToolFormat.Of(Named(((string[])["Hermes", "Mistral", "Llama"])[kind]));
        var whole = Read(answer.Length + 1);
        Assert.Equal(whole, Read(piece));
        // Without calls, the text is the answer.
        if (whole.Calls.Length == 0)
            Assert.Equal(answer, whole.Text);

        (string Text, string Calls) Read(int size)
        {
            var reader = new ToolCallReader(format, hasBegun);
            AIContent[] contents = [.. answer.Chunk(size).SelectMany(chunk => reader.Append(new string(chunk))), .. reader.Finish()];
            var text = string.Concat(contents.OfType<TextContent>().Select(static content => content.Text));
            // White space between calls may be dropped, depending on the split.
            var calls = string.Join(
                ';', contents.OfType<FunctionCallContent>().Select(static call => $"{call.Name}({string.Join(',', call.Arguments!)})"));
            return (calls.Length == 0 ? text : string.Concat(text.Where(static c => !char.IsWhiteSpace(c))), calls);
        }
    });

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private static ChatTemplate Named(string name) => name switch
    {
        "Hermes" => ToolTemplates.Hermes,
        "Mistral" => ToolTemplates.Mistral,
        "Listed" => ToolTemplates.Listed,
        _ => ToolTemplates.Llama,
    };
}
