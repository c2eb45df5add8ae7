using System.CommandLine;
using Cambium.Runtime;
using Cambium.Runtime.Prefixes;

namespace Cambium.Cli.Commands;

/// <summary>The learned prefixes that requests stand on.</summary>
internal sealed class PrefixSettings
{
    private readonly Option<string[]> _prefixes = new("--prefix")
    {
        Description = "Learned prefix before the prompt: a folder of PEFT, or a file of Cambium; with ':' and attribute=value if it has attributes "
            + "(several with ','). Repeat the option for several prefixes, which stand on the path in this order. The folder of a LoRA adapter is "
            + "added to the weights.",
        HelpName = "path[:attribute=value]",
    };

    private readonly Option<bool> _allowOtherBase = new("--allow-other-base")
    {
        Description = "Accepts a prefix that was trained for another checkpoint of the same sizes, such as another copy of the model.",
    };

    public void AddTo(Command command)
    {
        command.Add(_prefixes);
        command.Add(_allowOtherBase);
    }

    public PrefixArguments Read(ParseResult parsed)
    {
        var texts = parsed.GetValue(_prefixes) ?? [];
        return new PrefixArguments(
            [.. texts.Where(static text => !PrefixReader.IsLora(text))], [.. texts.Where(PrefixReader.IsLora)], parsed.GetValue(_allowOtherBase));
    }
}

/// <summary>Prefixes of the command line.</summary>
/// <param name="Texts">Paths, with the chosen values.</param>
/// <param name="Adapters">Folders of LoRA adapters, which are added to the weights.</param>
/// <param name="AllowOtherBase">Whether another base model is accepted.</param>
internal sealed record PrefixArguments(IReadOnlyList<string> Texts, IReadOnlyList<string> Adapters, bool AllowOtherBase)
{
    /// <summary>Loads them and writes their warnings.</summary>
    /// <param name="load">Loads one into the engine.</param>
    /// <param name="terminal">Gets the warnings.</param>
    /// <exception cref="UserException">A prefix does not fit, or has no such value.</exception>
    public IReadOnlyList<PrefixUse> Load(Func<string, PrefixOptions, LoadedPrefix> load, Terminal terminal) => EngineSettings.Build(() =>
    {
        var uses = new List<PrefixUse>();
        foreach (var text in Texts)
        {
            var (path, choices) = Split(text);
            LoadedPrefix prefix;
            try
            {
                prefix = load(path, new PrefixOptions { AllowOtherBase = AllowOtherBase });
            }
            catch (NotSupportedException error)
            {
                throw new UserException($"{path}: {error.Message}", error);
            }

            foreach (var warning in prefix.Warnings)
                terminal.Error.WriteLine($"warning: {warning}");
            try
            {
                uses.Add(choices.Length == 0 ? prefix : prefix.With(choices));
            }
            catch (InvalidOperationException error)
            {
                throw new UserException($"{path}: {error.Message}", error);
            }
        }

        return uses;
    });

    /// <summary>The folder of the first prefix; null without one.</summary>
    public string? FirstPath => Texts.Concat(Adapters).Select(static text => Split(text).Path).FirstOrDefault();

    // A path may have a colon itself.
    private static (string Path, string[] Choices) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon <= 0 || Path.Exists(text) || !Path.Exists(text[..colon])
            ? (text, [])
            : (text[..colon], text[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}
