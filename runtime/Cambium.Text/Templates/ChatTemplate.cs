using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>
/// Renders a conversation as the prompt that a model was trained on, with the chat template of its checkpoint: the part of Jinja that published
/// templates use, with white space and functions as in transformers. A template reads only its input, changes nothing and has limits. Thread-safe.
/// </summary>
/// <remarks>No .NET library has Jinja's scopes, Python's string methods and resource limits together, so this is an interpreter of our own.</remarks>
public sealed class ChatTemplate
{
    private readonly Block _body;
    private readonly ChatTemplateLimits _limits;
    private readonly IReadOnlyDictionary<string, object?> _specials;

    private ChatTemplate(string source, ChatTemplateLimits limits, IReadOnlyDictionary<string, object?> specials)
    {
        Source = source;
        _limits = limits;
        _specials = specials;
        if (source.Length > limits.SourceLength)
            throw new ChatTemplateException(
                0,
                $"The template has {source.Length} characters; "
                    + $"{limits.SourceLength} are allowed ({nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.SourceLength)}).");
        _body = StatementParser.Parse(source, limits.Depth);
    }

    /// <summary>The template as it was given.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="source">The template.</param>
    /// <param name="specialTokens">Variables such as <c>bos_token</c>.</param>
    /// <param name="limits">Limits of a rendering; null: the defaults.</param>
    /// <exception cref="ChatTemplateException">It is malformed, or has something that is not supported.</exception>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string>? specialTokens = null, ChatTemplateLimits? limits = null) =>
        new(
            source, limits ?? new ChatTemplateLimits(),
            (specialTokens ?? new Dictionary<string, string>())
                .ToDictionary(static pair => pair.Key, static pair => (object?)PyText.OfTemplate(pair.Value)));

    /// <summary>Reads a template in place of a checkpoint's own, with the checkpoint's special tokens.</summary>
    /// <param name="source">The template.</param>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="limits">Limits of a rendering; null: the defaults.</param>
    /// <exception cref="CheckpointException">A file of the checkpoint cannot be read.</exception>
    /// <exception cref="ChatTemplateException">It is malformed, or has something that is not supported.</exception>
    public static ChatTemplate ParseFor(string source, string folder, ChatTemplateLimits? limits = null)
    {
        limits ??= new ChatTemplateLimits();
        return new ChatTemplate(source, limits, ChatTemplateFiles.Read(folder, limits).SpecialTokens);
    }

    /// <summary>
    /// Reads the template of a checkpoint and its special tokens: <c>chat_template.jinja</c>, or else <c>chat_template</c> in
    /// <c>tokenizer_config.json</c>.
    /// </summary>
    /// <param name="folder">The checkpoint's folder, or a GGUF file.</param>
    /// <param name="name">The name of the template if there are several; null: <c>default</c>.</param>
    /// <param name="limits">Limits of a rendering; null: the defaults.</param>
    /// <exception cref="CheckpointException">There is none of this name, or a file cannot be read.</exception>
    /// <exception cref="ChatTemplateException">It is malformed, or has something that is not supported.</exception>
    public static ChatTemplate Load(string folder, string? name = null, ChatTemplateLimits? limits = null)
    {
        limits ??= new ChatTemplateLimits();
        var files = ChatTemplateFiles.Read(folder, limits);
        return new ChatTemplate(files.Template(name), limits, files.SpecialTokens);
    }

    /// <summary>Reads the template of a checkpoint; null if it has none.</summary>
    /// <inheritdoc cref="Load"/>
    public static ChatTemplate? TryLoad(string folder, string? name = null, ChatTemplateLimits? limits = null)
    {
        limits ??= new ChatTemplateLimits();
        var files = ChatTemplateFiles.Read(folder, limits);
        return files.IsEmpty ? null : new ChatTemplate(files.Template(name), limits, files.SpecialTokens);
    }

    /// <summary>Renders a conversation. Encode the result with <c>addSpecial: false</c>: a template writes its special tokens itself.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the input or fails, or a limit is reached.</exception>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellation"/>.</exception>
    public string Render(ChatTemplateInput input, CancellationToken cancellation = default) => Run(input, cancellation).Value;

    /// <summary>
    /// The ids of a conversation. Special tokens come only from the template. Their names in the input are text, so that the author of a message
    /// cannot end it and forge a message of another role.
    /// </summary>
    /// <inheritdoc cref="Render(ChatTemplateInput, CancellationToken)"/>
    public int[] Encode(ChatTemplateInput input, Tokenizer tokenizer, CancellationToken cancellation = default) =>
        SpecialTokenGuard.Of(tokenizer).Encode(Run(input, cancellation));

    private PyText Run(ChatTemplateInput input, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var run = new TemplateRun(_limits, input.Now ?? DateTimeOffset.Now, cancellation);
        var values = new JsonValues(run, isInput: true);
        var scope = new Scope(run, null);
        foreach ((string name, object? value) in _specials)
            scope.Set(name, value);
        scope.Set("messages", values.Of(input.Messages));
        scope.Set("tools", input.Tools is { } tools ? values.Of(tools) : null);
        scope.Set("documents", input.Documents is { } documents ? values.Of(documents) : null);
        scope.Set("add_generation_prompt", input.AddGenerationPrompt);
        var replaced = new JsonValues(run, isInput: false);
        foreach ((string name, JsonElement value) in input.Variables)
            scope.Set(name, (_specials.ContainsKey(name) ? replaced : values).Of(value));
        var output = new TextBuilder(run);
        _body.Run(new Scope(run, scope), output);
        return output.ToText();
    }
}
