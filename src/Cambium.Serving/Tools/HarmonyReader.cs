using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>Reads answers in the format <see cref="Harmony"/>.</summary>
/// <remarks>The recipient of a call is before the channel or after it: the model writes both.</remarks>
internal sealed partial class HarmonyReader : AnswerReader
{
    private static readonly string[] Headers = [Harmony.Channel, Harmony.Start, Harmony.Message, "to="];
    private static readonly string[] BodyEnds = [.. Harmony.Ends, Harmony.Start];

    private readonly StringBuilder _held = new();
    private bool _isInHeader = true;
    private bool _isReasoning;
    private string? _function;

    /// <param name="begun">The beginning of the answer, if the prompt ends with it.</param>
    public HarmonyReader(string begun = "") => Append(begun);

    public override bool IsMark(string name) =>
        name is Harmony.Start or Harmony.Channel or Harmony.Message or Harmony.Constrain || Harmony.Ends.Contains(name);

    public override List<AIContent> Append(string piece)
    {
        var contents = new List<AIContent>();
        _held.Append(piece);
        while (_held.Length > 0 && (_isInHeader ? Header() : Body(contents)))
        {
        }

        return contents;
    }

    public override List<AIContent> Finish()
    {
        var contents = new List<AIContent>();
        var rest = _held.ToString();
        _held.Clear();
        // A header without its message has no content.
        if (!_isInHeader)
            End(contents, rest);
        else if (!Headers.Any(header => rest.TrimStart().StartsWith(header, StringComparison.Ordinal)) && !string.IsNullOrWhiteSpace(rest))
            contents.Add(new TextContent(rest));
        return contents;
    }

    [GeneratedRegex(@"to=functions\.([A-Za-z0-9_.\-]+)")]
    private static partial Regex Recipient();

    private bool Header()
    {
        var text = _held.ToString();
        if (IsText(text))
        {
            // The answer began without a header, as a constrained one does.
            (_isInHeader, _isReasoning, _function) = (false, false, null);
            return true;
        }

        var at = text.IndexOf(Harmony.Message, StringComparison.Ordinal);
        if (at < 0)
            return false;
        var header = text[..at];
        _held.Remove(0, at + Harmony.Message.Length);
        _function = Recipient().Match(header) is { Success: true } match ? match.Groups[1].Value : null;
        // A message to a tool of the model's own, such as python, is not an answer either.
        _isReasoning = header.Contains(Harmony.Channel + "analysis", StringComparison.Ordinal)
            || (_function is null && header.Contains("to=", StringComparison.Ordinal));
        _isInHeader = false;
        return true;
    }

    // A text that cannot be the beginning of a header.
    private static bool IsText(string text)
    {
        var first = text.TrimStart();
        return first.Length > 0 && !Headers.Any(header =>
            first.StartsWith(header, StringComparison.Ordinal) || header.StartsWith(first, StringComparison.Ordinal));
    }

    private bool Body(List<AIContent> contents)
    {
        var text = _held.ToString();
        var (at, mark) = BodyEnds.Select(mark => (At: text.IndexOf(mark, StringComparison.Ordinal), Mark: mark))
            .Where(static found => found.At >= 0).DefaultIfEmpty((-1, "")).Min();
        if (at < 0)
        {
            var length = text.Length - BodyEnds.Max(end => HeldLength(text, end));
            if (_function is null && length > 0)
            {
                AddText(contents, text[..length]);
                _held.Remove(0, length);
            }

            return false;
        }

        // The header of the next message begins with the mark.
        _held.Remove(0, mark == Harmony.Start ? at : at + mark.Length);
        End(contents, text[..at]);
        (_isInHeader, _isReasoning, _function) = (true, false, null);
        return true;
    }

    private void End(List<AIContent> contents, string text)
    {
        if (_function is not null && ToolCalls.WithArguments(_function, null, text) is { } call)
        {
            contents.Add(call);
            HasCalls = true;
            return;
        }

        AddText(contents, text);
    }

    private void AddText(List<AIContent> contents, string text)
    {
        if (text.Length > 0)
            contents.Add(_isReasoning ? new TextReasoningContent(text) : new TextContent(text));
    }
}
