using System.CommandLine;
using Cambium.Constraints;

namespace Cambium.Cli.Commands;

/// <summary>The options that say what an answer has to look like. One of them at most.</summary>
internal sealed class ConstraintSettings
{
    private readonly Option<string?> _schema = new("--json-schema") { Description = "The answer is JSON that the schema in this file validates.", HelpName = "file" };
    private readonly Option<string?> _regex = new("--regex") { Description = "The answer as a whole matches this regular expression.", HelpName = "pattern" };
    private readonly Option<bool> _json = new("--json") { Description = "The answer is JSON." };

    public void AddTo(Command command)
    {
        Option[] options = [_schema, _regex, _json];
        foreach (var option in options)
            command.Add(option);
        command.Validators.Add(result =>
        {
            var given = options.Where(option => result.GetResult(option) is { Implicit: false }).Select(static option => $"'{option.Name}'").ToArray();
            if (given.Length > 1)
                result.AddError($"Options {string.Join(" and ", given)} exclude each other; give one.");
        });
    }

    /// <exception cref="UserException">A file cannot be read, or a schema or expression is not supported.</exception>
    public Constraint? Read(ParseResult parsed)
    {
        if (parsed.GetValue(_schema) is { } file)
            return Build(file, () => Constraint.JsonSchema(TextFile.Read(file, "Give the file of a JSON schema with --json-schema.")));
        if (parsed.GetValue(_regex) is { } expression)
            return Build("--regex", () => Constraint.Regex(expression));
        return parsed.GetValue(_json) ? Constraint.Json() : null;
    }

    private static Constraint Build(string source, Func<Constraint> build)
    {
        try
        {
            return build();
        }
        catch (ConstraintException error)
        {
            throw new UserException($"{source}: {error.Message}", error);
        }
    }
}
