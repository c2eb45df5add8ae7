using System.Text.Json;
using Cambium.Text.Templates;

namespace Cambium.Serving.Tools;

/// <summary>
/// The response format of gpt-oss ("harmony"): an answer is a sequence of messages
/// <c>&lt;|start|&gt;assistant&lt;|channel|&gt;analysis&lt;|message|&gt;..&lt;|end|&gt;</c>. The channel <c>final</c> is the answer, <c>analysis</c>
/// is reasoning, and a message with a recipient <c>functions.name</c> is a call.
/// </summary>
internal static class Harmony
{
    public const string Start = "<|start|>";
    public const string Channel = "<|channel|>";
    public const string Message = "<|message|>";
    public const string Constrain = "<|constrain|>";

    /// <summary>What the model writes before an answer without reasoning.</summary>
    public const string FinalHeader = Channel + "final" + Message;

    /// <summary>The marks after a message.</summary>
    public static readonly string[] Ends = ["<|end|>", "<|call|>", "<|return|>"];

    private const string Answer = "answer of the probe";

    /// <summary>What the model writes before the arguments of a call.</summary>
    public static string CallHeader(string function) => $"{Channel}commentary to=functions.{function} {Constrain}json{Message}";

    /// <summary>Whether a template formats answers so.</summary>
    public static bool IsUsedBy(ChatTemplate template)
    {
        try
        {
            using var messages = JsonDocument.Parse(
                """[{"role":"user","content":"question of the probe"},{"role":"assistant","content":"answer of the probe"}]""");
            return template.Render(new ChatTemplateInput { Messages = messages.RootElement, AddGenerationPrompt = false })
                .Contains(FinalHeader + Answer, StringComparison.Ordinal);
        }
        catch (ChatTemplateException)
        {
            return false;
        }
    }
}
