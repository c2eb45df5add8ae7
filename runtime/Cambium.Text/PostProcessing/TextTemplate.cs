using System.Text.Json;

namespace Cambium.Text;

/// <summary>The special tokens that a tokenizer adds around a text.</summary>
internal sealed record TextTemplate(int[] Before, int[] After)
{
    /// <summary>Most ids around a text. Published files have less than ten.</summary>
    private const int MaxIds = 1024;

    private static readonly TextTemplate None = new([], []);

    /// <exception cref="Cambium.Checkpoints.CheckpointException">A kind that is not supported, too many steps, or too many ids.</exception>
    public static TextTemplate Parse(TokenizerJson json, JsonElement? element)
    {
        TextTemplate all = None;
        foreach (JsonElement step in json.Steps(element, "post_processor", "processors"))
        {
            all = Step(json, step).Around(all);
            RequireFew(json, all.Before.Length + all.After.Length);
        }

        return all;
    }

    private static TextTemplate Step(TokenizerJson json, JsonElement post)
    {
        string type = json.Text(post, "post_processor", "type");
        return type switch
        {
            // This step changes only offsets, which are not computed here.
            "ByteLevel" => None,
            "TemplateProcessing" => ParseTemplate(json, post),
            "BertProcessing" or "RobertaProcessing" => new TextTemplate([Pair(json, post, "cls")], [Pair(json, post, "sep")]),
            _ => throw json.Unsupported(
                "post_processor.type", type, "ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing or a Sequence of them"),
        };
    }

    private static void RequireFew(TokenizerJson json, int count)
    {
        if (count > MaxIds)
            throw json.Error("post_processor", $"a template with {count} ids around a text", $"at most {MaxIds}");
    }

    /// <summary>The template with the flags of <c>tokenizer_config.json</c>: each begins or ends texts with its token, or does not.</summary>
    /// <exception cref="Cambium.Checkpoints.CheckpointException">A flag is set, and the file does not name its token, or the vocabulary lacks
    /// it.</exception>
    public TextTemplate With(TokenizerConfig? config, Vocabulary vocabulary)
    {
        if (config is null)
            return this;
        int? bos = Flagged(config, vocabulary, "bos", config.AddsBos, config.Bos);
        int? eos = Flagged(config, vocabulary, "eos", config.AddsEos, config.Eos);
        return new TextTemplate(
            config.AddsBos switch { true when !Before.Contains(bos!.Value) => [bos.Value, .. Before], false => Without(Before, bos), _ => Before },
            config.AddsEos switch { true when !After.Contains(eos!.Value) => [.. After, eos.Value], false => Without(After, eos), _ => After });
    }

    private static int? Flagged(TokenizerConfig config, Vocabulary vocabulary, string name, bool? isAdded, NamedToken? token)
    {
        int? id = token is null ? null : vocabulary.IdOf(token.Content);
        return id is null && isAdded == true
            ? throw config.Json.Error(
                $"{name}_token",
                token is null ? "absent" : $"'{token.Content}', which the vocabulary lacks",
                $"a token, because add_{name}_token is true")
            : id;
    }

    private static int[] Without(int[] ids, int? id) => [.. ids.Where(other => other != id)];

    private TextTemplate Around(TextTemplate inner) => new([.. Before, .. inner.Before], [.. inner.After, .. After]);

    private static TextTemplate ParseTemplate(TokenizerJson json, JsonElement post)
    {
        const string where = "post_processor.single";
        List<int> before = [];
        List<int> after = [];
        bool seen = false;
        foreach (JsonElement part in json.List(post, "post_processor", "single"))
        {
            if (TokenizerJson.Optional(part, "SpecialToken") is { } special)
            {
                JsonElement token = json.Object(
                    json.Object(post, "post_processor", "special_tokens"), "post_processor.special_tokens", json.Text(special, where, "id"));
                JsonElement.ArrayEnumerator ids = json.List(token, "post_processor.special_tokens", "ids");
                RequireFew(json, before.Count + after.Count + ids.Count());
                foreach (JsonElement id in ids)
                    (seen ? after : before).Add(json.Id(id, "post_processor.special_tokens.ids"));
            }
            else if (TokenizerJson.Optional(part, "Sequence") is { } sequence && !seen && json.Text(sequence, where, "id") == "A")
            {
                seen = true;
            }
            else
            {
                throw json.Error(where, part.GetRawText(), "special tokens around one Sequence A");
            }
        }

        return seen
            ? new TextTemplate([.. before], [.. after])
            : throw json.Error(where, "without a Sequence", "special tokens around one Sequence A");
    }

    private static int Pair(TokenizerJson json, JsonElement post, string field)
    {
        JsonElement[] pair = [.. json.List(post, "post_processor", field)];
        return pair.Length == 2
            ? json.Id(pair[1], $"post_processor.{field}")
            : throw json.Error($"post_processor.{field}", $"a list of {pair.Length}", "a token and its id");
    }
}
