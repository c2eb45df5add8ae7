using System.Globalization;
using System.Text.Json;

namespace Cambium.Text;

/// <summary>
/// The settings of <c>tokenizer_config.json</c> that change ids, as transformers applies them to a <c>tokenizer.json</c>: which tokens are special
/// (<c>added_tokens_decoder</c>, <c>eos_token</c>, ...), and which are added around a text (<c>add_bos_token</c>, <c>add_eos_token</c>). Names of
/// special tokens that it lacks are those of <c>special_tokens_map.json</c>.
/// </summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] TokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Dictionary<string, NamedToken> _named = new(StringComparer.Ordinal);

    private TokenizerConfig(TokenizerJson json)
    {
        Json = json;
        AddsBos = Flag("add_bos_token");
        AddsEos = Flag("add_eos_token");
        Added = ReadAdded(json);
    }

    /// <summary>The fields of the file.</summary>
    public TokenizerJson Json { get; }

    /// <summary>Whether texts begin with the BOS token; null: as in <c>tokenizer.json</c>.</summary>
    public bool? AddsBos { get; }

    /// <summary>Whether texts end with the EOS token; null: as in <c>tokenizer.json</c>.</summary>
    public bool? AddsEos { get; }

    /// <summary>The entries of <c>added_tokens_decoder</c> by ascending id.</summary>
    public IReadOnlyList<(int Id, NamedToken Token)> Added { get; }

    /// <summary>The tokens with a role, such as <c>eos_token</c>.</summary>
    public IReadOnlyCollection<NamedToken> Named => _named.Values;

    public NamedToken? Bos => _named.GetValueOrDefault("bos_token");

    public NamedToken? Eos => _named.GetValueOrDefault("eos_token");

    /// <summary>The settings of a checkpoint's folder; null if it has no such file.</summary>
    /// <exception cref="Cambium.Checkpoints.CheckpointException">A file cannot be read, or a field is of the wrong type.</exception>
    public static TokenizerConfig? TryLoad(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(path))
            return null;
        var config = new TokenizerConfig(TokenizerJson.Load(path));
        string older = Path.Combine(folder, "special_tokens_map.json");
        if (File.Exists(older))
            config.ReadNames(TokenizerJson.Load(older));
        config.ReadNames(config.Json);
        return config;
    }

    /// <summary>The id of a token in <c>added_tokens_decoder</c>, or null.</summary>
    public int? IdOf(string content)
    {
        foreach ((int id, NamedToken token) in Added)
        {
            if (token.Content == content)
                return id;
        }

        return null;
    }

    /// <summary>Whether a token has a role, which makes it special.</summary>
    public bool HasRole(string content) => _named.Values.Any(token => token.Content == content);

    private bool? Flag(string field) => TokenizerJson.Optional(Json.Root, field) is null ? null : Json.Bool(Json.Root, field, false);

    private void ReadNames(TokenizerJson json)
    {
        foreach (string name in TokenNames)
        {
            if (TokenizerJson.Optional(json.Root, name) is { } token)
                _named[name] = Token(json, name, token);
        }

        foreach (string name in (string[])["additional_special_tokens", "extra_special_tokens"])
        {
            // Newer files have an object of names and tokens here.
            if (TokenizerJson.Optional(json.Root, name) is not { ValueKind: JsonValueKind.Array } list)
                continue;
            foreach (JsonElement item in list.EnumerateArray())
            {
                NamedToken token = Token(json, name, item);
                _named[$"{name}.{token.Content}"] = token;
            }
        }
    }

    private static NamedToken Token(TokenizerJson json, string name, JsonElement token) => token.ValueKind switch
    {
        JsonValueKind.String => new NamedToken(token.GetString()!, null),
        JsonValueKind.Object => new NamedToken(json.Text(token, name, "content"), token),
        _ => throw json.Error(name, token.GetRawText(), "a token: its text, or an object with its content"),
    };

    private static List<(int Id, NamedToken Token)> ReadAdded(TokenizerJson json)
    {
        const string field = "added_tokens_decoder";
        List<(int Id, NamedToken Token)> added = [];
        if (TokenizerJson.Optional(json.Root, field) is null)
            return added;
        foreach (JsonProperty entry in json.Object(json.Root, "tokenizer_config", field).EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= TokenizerJson.MaxIds)
                throw json.Error(field, $"'{entry.Name}'", $"a token id from 0 to {TokenizerJson.MaxIds - 1}");
            added.Add((id, new NamedToken(json.Text(entry.Value, $"{field}.{id}", "content"), entry.Value)));
        }

        added.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        return added;
    }
}

/// <summary>A token as <c>tokenizer_config.json</c> describes it.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Fields">Its fields; null if the file has the text only.</param>
internal sealed record NamedToken(string Content, JsonElement? Fields);
