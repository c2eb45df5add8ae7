using System.Text;
using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>Reads the chat templates and special tokens of a checkpoint.</summary>
internal sealed class ChatTemplateFiles
{
    private const string DefaultName = "default";

    private static readonly string[] TokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Dictionary<string, string> _templates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, object?> _tokens = new(StringComparer.Ordinal);
    private readonly string _config;

    private ChatTemplateFiles(string config) => _config = config;

    public IReadOnlyDictionary<string, object?> SpecialTokens => _tokens;

    public bool IsEmpty => _templates.Count == 0;

    /// <exception cref="CheckpointException">A file cannot be read or is not valid.</exception>
    public static ChatTemplateFiles Read(string folder, ChatTemplateLimits limits)
    {
        if (File.Exists(folder))
            return ReadGguf(folder);
        var files = new ChatTemplateFiles(Path.Combine(folder, "tokenizer_config.json"));
        // Older checkpoints have the tokens in a separate file; tokenizer_config.json takes precedence.
        foreach (string name in (string[])["special_tokens_map.json", "tokenizer_config.json"])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                files.ReadConfig(path, JsonFile.Load(path, TokenizerJson.MaxFileBytes));
        }

        string whole = Path.Combine(folder, "chat_template.json");
        if (files.IsEmpty && File.Exists(whole))
            files.ReadTemplates(whole, JsonFile.Load(whole, TokenizerJson.MaxFileBytes));
        files.AddText(DefaultName, Path.Combine(folder, "chat_template.jinja"), limits);
        string more = Path.Combine(folder, "additional_chat_templates");
        if (Directory.Exists(more))
        {
            foreach (string path in Directory.EnumerateFiles(more, "*.jinja").Order(StringComparer.Ordinal))
                files.AddText(Path.GetFileNameWithoutExtension(path), path, limits);
        }

        return files;
    }

    private static ChatTemplateFiles ReadGguf(string path)
    {
        var files = new ChatTemplateFiles(path);
        using GgufFile file = GgufFile.Open(path);
        if (file.Metadata.Text("tokenizer.chat_template") is { } template)
            files._templates[DefaultName] = template;
        string[] tokens = file.Metadata.Texts(GgufMetadata.TokenizerPrefix + "tokens") ?? [];
        (string, string)[] fields =
            [("bos_token", "bos_token_id"), ("eos_token", "eos_token_id"), ("unk_token", "unknown_token_id"), ("pad_token", "padding_token_id")];
        foreach ((string name, string key) in fields)
        {
            if (file.Metadata.Id(GgufMetadata.TokenizerPrefix + key) is { } id && id >= 0 && id < tokens.Length)
                files._tokens[name] = PyText.OfTemplate(tokens[id]);
        }

        return files;
    }

    public string Template(string? name)
    {
        if (_templates.TryGetValue(name ?? DefaultName, out string? template))
            return template;
        if (name is null && _templates.Count == 1)
            return _templates.Values.First();
        string found = _templates.Count == 0 ? "it has none" : "it has " + string.Join(", ", _templates.Keys.Order(StringComparer.Ordinal));
        throw new CheckpointException(
            _config, "field 'chat_template'", $"has no template '{name ?? DefaultName}' ({found})",
            "Choose one by its name, or write the prompt yourself.");
    }

    private void ReadConfig(string path, JsonElement root)
    {
        ReadTemplates(path, root);
        foreach (string name in TokenNames)
        {
            if (TokenizerJson.Optional(root, name) is { } token)
                _tokens[name] = Token(path, name, token);
        }

        if (TokenizerJson.Optional(root, "additional_special_tokens") is { ValueKind: JsonValueKind.Array } list)
        {
            _tokens["additional_special_tokens"] =
                new PyList([.. list.EnumerateArray().Select(token => Token(path, "additional_special_tokens", token))]);
        }
    }

    private static object Token(string path, string name, JsonElement token) => token.ValueKind switch
    {
        JsonValueKind.String => PyText.OfTemplate(token.GetString()!),
        JsonValueKind.Object when token.TryGetProperty("content", out JsonElement content)
            && content.ValueKind == JsonValueKind.String => PyText.OfTemplate(content.GetString()!),
        _ => throw Error(path, name, token.GetRawText(), "a token: its text, or an object with its content"),
    };

    private void ReadTemplates(string path, JsonElement root)
    {
        if (TokenizerJson.Optional(root, "chat_template") is not { } field)
            return;
        if (field.ValueKind == JsonValueKind.String)
        {
            _templates[DefaultName] = field.GetString()!;
            return;
        }

        if (field.ValueKind != JsonValueKind.Array)
            throw Error(path, "chat_template", field.GetRawText(), "a template, or a list of templates with names");
        foreach (JsonElement item in field.EnumerateArray())
        {
            if (TokenizerJson.Optional(item, "name") is not { ValueKind: JsonValueKind.String } name
                || TokenizerJson.Optional(item, "template") is not { ValueKind: JsonValueKind.String } template)
                throw Error(path, "chat_template", item.GetRawText(), "a template with its name");
            _templates[name.GetString()!] = template.GetString()!;
        }
    }

    private void AddText(string name, string path, ChatTemplateLimits limits)
    {
        if (!File.Exists(path))
            return;
        try
        {
            long length = new FileInfo(path).Length;
            // UTF-8 has at most four bytes for a character.
            if (length > 4L * limits.SourceLength)
            {
                throw new CheckpointException(
                    path, null, $"has {length} bytes, expected at most {4L * limits.SourceLength}", "This is not a chat template; fetch it again.");
            }

            _templates[name] = File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, $"cannot be read ({error.Message.TrimEnd('.')})", "Check the path and the permissions.", error);
        }
    }

    private static CheckpointException Error(string path, string field, string found, string expected) =>
        new(
            path, $"field '{field}'", $"is {(found.Length <= 60 ? found : found[..57] + "...")}, expected {expected}",
            "The file is damaged; fetch it again.");
}
