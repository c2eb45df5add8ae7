using System.CommandLine;
using Cambium.Constraints;

namespace Cambium.Cli.Commands;

/// <summary>The options that constrain the answer. At most one may be given.</summary>
internal sealed class ConstraintSettings
{
    private readonly Option<string?> _schema = new("--json-schema")
    {
        Description = "The answer is JSON that is valid against the schema in this file.",
        HelpName = "file",
    };

    private readonly Option<string?> _regex = new("--regex")
    {
        Description = "The whole answer matches this regular expression.",
        HelpName = "pattern",
    };

    private readonly Option<bool> _json = new("--json") { Description = "The answer is JSON." };

    public void AddTo(Command command)
    {
        Option[] options = [_schema, _regex, _json];
        foreach (var option in options)
            command.Add(option);
        command.Validators.Add(result =>
        {
            string[] given =
                [.. options.Where(option => result.GetResult(option) is { Implicit: false }).Select(static option => $"'{option.Name}'")];
            if (given.Length > 1)
                result.AddError($"Options {string.Join(" and ", given)} cannot be combined; give one.");
        });
    }

    /// <summary>The constraint. Keywords of a schema that have no effect are reported.</summary>
    /// <exception cref="UserException">A file cannot be read, or a schema or expression is not supported.</exception>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellation"/>.</exception>
    public Constraint? Read(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetValue(_schema) is { } file)
        {
            var constraint = Build(
                file, () => Constraint.JsonSchema(TextFile.Read(file, "Name a file with a JSON schema with --json-schema."), cancellation));
            foreach (var keyword in constraint.IgnoredKeywords)
                terminal.Error.WriteLine($"cambium: {file}: has no effect: {keyword}");
            return constraint;
        }

        if (parsed.GetValue(_regex) is { } expression)
            return Build("--regex", () => Constraint.Regex(expression, cancellation));
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
