using System.Diagnostics;
using System.Text.Json;
using Cambium.Runtime;
using Cambium.Runtime.Cache;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;
using Xunit;

namespace Cambium.Serving.Tests;

/// <summary>Conversations with an engine through IChatClient.</summary>
public sealed class EngineChatClientTests : IAsyncDisposable
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 32 * 64, Threads = 1, Seed = 1 };

    // Each message starts with the letter of its role.
    private static readonly ChatTemplate Template = ChatTemplate.Parse(
        "{% for m in messages %}{{ {'system': 'S', 'user': 'U', 'assistant': 'M'}[m.role] }}{{ m.content }}{% endfor %}"
        + "{% if add_generation_prompt %}M{% endif %}");

    private readonly Engine _engine = new(new ScriptedModel(checkpoint: LetterTokenizer.Checkpoint()), Small);

    [Fact]
    public async Task The_answer_continues_the_prompt_of_the_template()
    {
        using var chat = _engine.AsChatClient(Template);
        var response = await chat.GetResponseAsync([new(ChatRole.System, "AB"), new(ChatRole.User, "CD")], new ChatOptions { MaxOutputTokens = 6 });
        var expected = await _engine.CompleteAsync(new Request { Prompt = "SABUCDM", MaxTokens = 6 });

        Assert.Equal(expected.Text, response.Text);
        Assert.Equal((ChatRole.Assistant, ChatFinishReason.Length, "Scripted"), (response.Messages[0].Role, response.FinishReason, response.ModelId));
        var usage = response.Usage!;
        Assert.Equal((7, 6, 13, 0), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount, usage.CachedInputTokenCount));
        response = await chat.GetResponseAsync([new(ChatRole.User, "CD")], new ChatOptions { MaxOutputTokens = 6, Instructions = "AB" });
        Assert.Equal(expected.Text, response.Text);
    }

    [Fact]
    public async Task A_stream_gives_the_same_answer_with_usage_at_its_end()
    {
        using var chat = _engine.AsChatClient(Template);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in chat.GetStreamingResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20 }))
            updates.Add(update);
        Assert.True(updates.Count > 10);
        Assert.Single(updates.Select(static update => update.ResponseId).Distinct());
        var response = updates.ToChatResponse();
        Assert.Equal((await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20 })).Text, response.Text);
        Assert.Equal((20, ChatFinishReason.Length), (response.Usage!.OutputTokenCount, response.FinishReason));
    }

    [Fact]
    public async Task Options_beyond_a_limit_of_the_engine_are_refused_by_its_name()
    {
        using var chat = _engine.AsChatClient(Template);
        var stops = Enumerable.Range(0, 65).Select(static i => $"{i}").ToList();
        var refused =
            await Assert.ThrowsAsync<RequestRefusedException>(() => chat.GetResponseAsync("HELLO", new ChatOptions { StopSequences = stops }));
        Assert.Contains("EngineOptions.MaxStopStrings", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_are_applied_or_refused_by_name()
    {
        using var chat = _engine.AsChatClient(Template);
        var whole = (await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20 })).Text;
        var stopped = await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20, StopSequences = [whole[5..7]] });
        Assert.Equal((whole[..5], ChatFinishReason.Stop), (stopped.Text, stopped.FinishReason));

        var drawn = new ChatOptions { MaxOutputTokens = 20, Temperature = 3, Seed = 5 };
        Assert.Equal((await chat.GetResponseAsync("HELLO", drawn)).Text, (await chat.GetResponseAsync("HELLO", drawn)).Text);
        Assert.NotEqual(whole, (await chat.GetResponseAsync("HELLO", drawn)).Text);
        Assert.Equal(whole, (await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20, Temperature = 3, TopK = 1 })).Text);

        foreach (var (options, option) in ((ChatOptions, string)[])
        [
            (new() { ModelId = "gpt" }, "ModelId"),
            (new() { ConversationId = "1" }, "ConversationId"),
            (new() { Reasoning = new ReasoningOptions() }, "Reasoning"),
            (new() { AllowBackgroundResponses = true }, "AllowBackgroundResponses"),
            (new() { RawRepresentationFactory = static _ => new Request { Count = 2 } }, "Count"),
            (new() { RawRepresentationFactory = static _ => "text" }, "RawRepresentationFactory"),
        ])
        {
            var error = await Assert.ThrowsAsync<NotSupportedException>(() => chat.GetResponseAsync("A", options));
            Assert.Contains(option, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(whole, (await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20, ModelId = "Scripted" })).Text);
        ChatMessage image = new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);
        var unsupported = await Assert.ThrowsAsync<NotSupportedException>(() => chat.GetResponseAsync([image]));
        Assert.Contains("DataContent", unsupported.Message, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<RequestRefusedException>(() => chat.GetResponseAsync("A", new ChatOptions { MaxOutputTokens = 0 }));
        Assert.Contains("MaxTokens", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instructions_are_joined_with_a_leading_system_message()
    {
        var model = new SpokenModel();
        await using var engine = new Engine(model, Small);
        var single = ChatTemplate.Parse(
            "{% for m in messages %}{% if m.role == 'system' and not loop.first %}{{ raise_exception('one system message') }}{% endif %}"
            + "<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>");
        using var chat = engine.AsChatClient(single);
        model.Say("A", "B");
        var options = new ChatOptions { Instructions = "Be brief." };
        await chat.GetResponseAsync([new(ChatRole.System, "Be kind."), new(ChatRole.User, "Hi")], options);
        Assert.Equal("<system>Be brief.\nBe kind.<user>Hi<assistant>", model.Prompt);
        await chat.GetResponseAsync([new(ChatRole.User, "Ho")], options);
        Assert.Equal("<system>Be brief.<user>Ho<assistant>", model.Prompt);
    }

    [Fact]
    public async Task A_TopP_of_zero_is_the_likeliest_token()
    {
        using var chat = _engine.AsChatClient(Template);
        var greedy = (await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20 })).Text;
        Assert.Equal(greedy, (await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 20, Temperature = 3, TopP = 0 })).Text);
    }

    [Fact]
    public async Task Additional_properties_set_template_variables()
    {
        using var chat = _engine.AsChatClient(
            ChatTemplate.Parse("{{ messages[0].content }}{% if enable_thinking %}T{% endif %}{{ style | default('N') }}"));
        async Task<string> Ask(AdditionalPropertiesDictionary? properties) =>
            (await chat.GetResponseAsync("HELLO", new ChatOptions { MaxOutputTokens = 9, AdditionalProperties = properties })).Text;
        async Task<string> Say(string prompt) => (await _engine.CompleteAsync(new Request { Prompt = prompt, MaxTokens = 9 })).Text;
        Assert.Equal(await Say("HELLON"), await Ask(null));
        Assert.Equal(await Say("HELLOTB"), await Ask(new() { ["enable_thinking"] = true, ["style"] = "B" }));
    }

    [Fact]
    public async Task An_answer_with_a_schema_is_valid_and_stops()
    {
        using var chat = _engine.AsChatClient(Template);
        var schema = System.Text.Json.JsonElement.Parse("""{"enum":["A"]}""");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) };
        // The letter tokenizer has no quotes, so it cannot write JSON.
        var error = await Assert.ThrowsAsync<EngineFailedException>(() => chat.GetResponseAsync("A", options));
        Assert.Contains("No token is left: the tokenizer has no tokens for any text", error.Message, StringComparison.Ordinal);
        var model = new SpokenModel();
        model.Say("No JSON.");
        await using var engine = new Engine(model, Small);
        using var spoken = engine.AsChatClient(ToolTemplates.Plain);
        var response = await spoken.GetResponseAsync("A", options);
        Assert.Equal(("\"A\"", ChatFinishReason.Stop), (response.Text, response.FinishReason));
    }

    [Fact]
    public async Task Conversations_of_one_tenant_share_their_prefix()
    {
        using var chat = _engine.AsChatClient(Template);
        ChatMessage system = new(ChatRole.System, string.Concat(Enumerable.Repeat("ABCDEFGH", 8)));
        await chat.GetResponseAsync([system, new(ChatRole.User, "A")], new ChatOptions { MaxOutputTokens = 2 });
        var second = await chat.GetResponseAsync([system, new(ChatRole.User, "B")], new ChatOptions { MaxOutputTokens = 2 });
        Assert.InRange(second.Usage!.CachedInputTokenCount!.Value, 64, 67);
        var ofTenant = new ChatOptions { MaxOutputTokens = 2, RawRepresentationFactory = static _ => new Request { Tenant = "other" } };
        var other = await chat.GetResponseAsync([system, new(ChatRole.User, "C")], ofTenant);
        Assert.Equal(0, other.Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task Concurrent_calls_are_independent_of_a_cancelled_one()
    {
        using var chat = _engine.AsChatClient(Template);
        using var cancellation = new CancellationTokenSource();
        var leaving = Task.Run(async () =>
        {
            await foreach (var _ in chat.GetStreamingResponseAsync("LONG", new ChatOptions { MaxOutputTokens = 1500 }, cancellation.Token))
                await cancellation.CancelAsync();
        });
        static string Question(int i) => new((char)('A' + i), i + 1);
        Task<ChatResponse> AskAsync(int i) => chat.GetResponseAsync(Question(i), new ChatOptions { MaxOutputTokens = 10 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(AskAsync));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        for (var i = 0; i < answers.Length; i++)
        {
            var alone = await _engine.CompleteAsync(new Request { Prompt = $"U{Question(i)}M", MaxTokens = 10 });
            Assert.Equal(alone.Text, answers[i].Text);
        }
    }

    [Fact]
    public async Task Compilation_of_a_schema_is_cancelled()
    {
        using var chat = _engine.AsChatClient(Template);
        using var cancellation = new CancellationTokenSource();
        // The schema is the last option that is read before it is compiled.
        var options = new ChatOptions
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"string","pattern":"not [a regular expression"}""")),
            RawRepresentationFactory = _ =>
            {
                cancellation.Cancel();
                return null;
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chat.GetResponseAsync("HELLO", options, cancellation.Token));
    }

    // A reference was searched among all members twice.
    [Fact]
    public void References_of_a_schema_are_read_in_linear_time()
    {
        const int Count = 20_000;
        var schemas = string.Join(',', Enumerable.Range(0, Count).Select(static i => $$"""{"$ref":"#/$defs/d{{i}}"}"""));
        var data = string.Join(',', Enumerable.Range(0, Count).Select(static i => $$"""
            "d{{i}}":{}
            """));
        var schema = JsonElement.Parse($$"""{"properties":{"data":{"$defs":{{{data}}},"prefixItems":[{{schemas}}]} } }""");
        var watch = Stopwatch.StartNew();
        var references = ReadableSchema.Of(schema).GetProperty("properties").GetProperty("data").GetProperty("prefixItems");
        Assert.Equal("#/properties/data/$defs/d7", references[7].GetProperty("$ref").GetString());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public void A_missing_template_is_named()
    {
        var error = Assert.Throws<InvalidOperationException>(() => _engine.AsChatClient());
        Assert.Contains("chat_template.jinja", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_gives_its_engine_and_metadata()
    {
        using var chat = _engine.AsChatClient(Template);
        Assert.Same(_engine, chat.GetService<Engine>());
        Assert.Equal("cambium", chat.GetService<ChatClientMetadata>()!.ProviderName);
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
