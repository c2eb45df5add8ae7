using System.Text.Json;
using Cambium.Text.Templates;

namespace Cambium.Serving.Tools;

/// <summary>
/// How a model writes tool calls. The format is detected from the chat template: a probe conversation with a call is rendered, and the text around
/// the JSON of the call is the format that the model was trained on. This covers <c>&lt;tool_call&gt;{..}&lt;/tool_call&gt;</c> (Hermes, Qwen),
/// <c>[TOOL_CALLS] [{..}]</c> and <c>[TOOL_CALLS]name[ARGS]{..}</c> (Mistral), plain JSON with or without <c>&lt;|python_tag|&gt;</c> (Llama 3), and
/// <see cref="Harmony"/> (gpt-oss).
/// </summary>
/// <param name="Begin">The opening mark before the JSON, with its white space; only white space if there is none.</param>
/// <param name="End">The closing mark after the JSON, trimmed; empty if the call ends with the answer.</param>
/// <param name="IsList">Whether the JSON is a list of calls.</param>
/// <param name="Arguments">Name of the property with the arguments.</param>
/// <param name="ShowsResults">Whether the template shows messages of the role <c>tool</c>.</param>
internal sealed record ToolFormat(string Begin, string End, bool IsList, string Arguments, bool ShowsResults)
{
    /// <summary>May precede a call of Llama 3.</summary>
    public const string PythonTag = "<|python_tag|>";

    /// <summary>Between the name and the id of a call of Mistral.</summary>
    public const string IdMark = "[CALL_ID]";

    /// <summary>Between the name or the id and the arguments of a call of Mistral.</summary>
    public const string ArgumentsMark = "[ARGS]";

    private const string Name = "name_of_the_probe";
    private const string Result = "result of the probe";

    // Some templates require ids of nine letters and digits.
    private const string Id = "probe0000";

    private const string User = """{"role":"user","content":"question of the probe"}""";

    private const string Call = $$$$"""
        {"role":"assistant","content":"","tool_calls":[
          {"type":"function","id":"{{{{Id}}}}","function":{"name":"{{{{Name}}}}","arguments":{"key":"value"}}}]}
        """;

    // Starts and ends with a character that no call has, so that the common prefix and suffix end at the content.
    private const string Text = """{"role":"assistant","content":"§ answer of the probe §"}""";

    private const string Tool = $$$$"""{"role":"tool","tool_call_id":"{{{{Id}}}}","name":"{{{{Name}}}}","content":"{{{{Result}}}}"}""";

    private const string Tools = $$$$"""
        [{"type":"function","function":{"name":"{{{{Name}}}}","description":"A probe.",
          "parameters":{"type":"object","properties":{"key":{"type":"string"}},"required":["key"]}}}]
        """;

    /// <summary>Marks after the name of a call.</summary>
    public static readonly string[] NameMarks = [IdMark, ArgumentsMark];

    /// <summary>Known names of the property with the arguments.</summary>
    public static readonly string[] ArgumentNames = ["arguments", "parameters"];

    /// <summary>What is between the name of the function and the JSON of its arguments; null if the JSON has the name.</summary>
    public string? Separator { get; init; }

    /// <summary>Whether answers have the format <see cref="Harmony"/>.</summary>
    public bool IsHarmony { get; init; }

    /// <summary>Whether the model may write a call without the opening mark.</summary>
    public bool HasOptionalMark => Begin.Trim() is "" or PythonTag;

    /// <summary>Whether the name of the function is not in the JSON.</summary>
    public bool HasNameOutside => IsHarmony || Separator is not null;

    /// <summary>Whether the reader accepts calls with the name before the JSON: newer models of Mistral write them for either template.</summary>
    public bool MayHaveNameOutside => Separator is not null || Begin.Trim() == "[TOOL_CALLS]";

    /// <summary>What precedes the arguments of a call, without <see cref="Begin"/>; only if the name is not in the JSON.</summary>
    public string Head(string function) =>
        IsHarmony ? Harmony.CallHeader(function) : function + Separator!.Replace(Id, ToolCalls.NewId(), StringComparison.Ordinal);

    /// <exception cref="NotSupportedException">The template does not support tools, or writes calls in an unknown format.</exception>
    public static ToolFormat Of(ChatTemplate template)
    {
        try
        {
            var prompt = Render(template, addPrompt: true, User);
            if (!prompt.Contains(Name, StringComparison.Ordinal))
                throw Refused("the chat template does not show tools to the model");
            var format = Harmony.IsUsedBy(template)
                ? new ToolFormat("", "", IsList: false, ArgumentNames[0], ShowsResults: false) { IsHarmony = true }
                : Find(Render(template, addPrompt: false, User, Call), Render(template, addPrompt: false, User, Text))
                ?? throw Refused("the chat template does not show tool calls as JSON");
            return format with { ShowsResults = Shows(template) };
        }
        catch (ChatTemplateException error)
        {
            throw Refused($"the chat template fails on a tool call ({error.Message.TrimEnd('.')})", error);
        }
    }

    private static bool Shows(ChatTemplate template)
    {
        try
        {
            return Render(template, addPrompt: true, User, Call, Tool).Contains(Result, StringComparison.Ordinal);
        }
        catch (ChatTemplateException)
        {
            return false;
        }
    }

    // The two conversations differ only in the call and the text at the same place.
    private static ToolFormat? Find(string withCall, string withText)
    {
        var begin = withCall.AsSpan().CommonPrefixLength(withText);
        var length = Math.Min(withCall.Length, withText.Length) - begin;
        var end = 0;
        while (end < length && withCall[^(end + 1)] == withText[^(end + 1)])
            end++;
        var text = withCall[begin..^end];
        for (var at = text.AsSpan().IndexOfAny('{', '['); at >= 0 && at < text.Length; at = text.IndexOfAny(['{', '['], at + 1))
        {
            if (JsonPrefix.TryRead(text[at..], out var value, out var read) && CallIn(value, out var isList) is { } call
                && ArgumentNames.FirstOrDefault(name => call.TryGetProperty(name, out _)) is { } arguments)
            {
                return new ToolFormat(text[..at], text[(at + read)..].Trim(), isList, arguments, ShowsResults: false);
            }
        }

        return FindNamed(text);
    }

    // The name and then the JSON of the arguments.
    private static ToolFormat? FindNamed(string text)
    {
        var name = text.IndexOf(Name, StringComparison.Ordinal);
        var at = name < 0 ? -1 : text.IndexOf('{', name + Name.Length);
        return at > name + Name.Length && JsonPrefix.TryRead(text[at..], out var value, out var read)
            && value.ValueKind == JsonValueKind.Object && value.TryGetProperty("key", out _)
            ? new ToolFormat(text[..name], text[(at + read)..].Trim(), IsList: false, ArgumentNames[0], ShowsResults: false)
                { Separator = text[(name + Name.Length)..at] }
            : null;
    }

    private static JsonElement? CallIn(JsonElement value, out bool isList)
    {
        isList = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1;
        var call = isList ? value[0] : value;
        return call.ValueKind == JsonValueKind.Object && call.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            && name.ValueEquals(Name) ? call : null;
    }

    private static string Render(ChatTemplate template, bool addPrompt, params string[] messages)
    {
        using var document = JsonDocument.Parse($"[[{string.Join(',', messages)}],{Tools}]");
        var input = new ChatTemplateInput { Messages = document.RootElement[0], Tools = document.RootElement[1], AddGenerationPrompt = addPrompt };
        return template.Render(input);
    }

    private static NotSupportedException Refused(string reason, Exception? inner = null) =>
        new($"ChatOptions.Tools cannot be used with this model: {reason}. Leave them out, or pass a template with tools to AsChatClient.", inner);
}
