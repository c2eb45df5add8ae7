using System.Text.RegularExpressions;

namespace Cambium.Generators.Tests.EndToEnd;

/// <content>The form of a statement: a line, a tuple, a method, a branch, a loop, a choice by the config, or a block.</content>
internal sealed partial class RandomClass
{
    private static readonly double[] Scales = [0.5, 1.5, -0.75];

    private readonly List<string> _methods = [];
    private bool _hasPart;

    // A base class for the layer, and a form for each statement.
    private readonly Choices _forms;

    /// <summary>The choices of the forms of statements.</summary>
    public IReadOnlyList<int> Forms => _forms.Made;

    /// <summary>Writes a statement that assigns a local.</summary>
    /// <returns>The effect of the form on the value.</returns>
    private Func<Run, double[][], double[][]> Write(string name, string text, bool isWide)
    {
        string line;
        Func<Run, double[][], double[][]> change = static (_, rows) => rows;
        switch (_forms.Next(20))
        {
            case 1:
                line = $"var ({name}, _) = ({text}, x);";
                break;
            case 2:
                line = $"var ((_, {name}), {name}b) = ((x, {text}), Hidden); {name} = {name} * {name}b / Hidden;";
                break;
            case 3:
                line = $"var {name} = {Method($"=> {text};")};";
                break;
            case 4:
                line = $"var {name} = {Method($"{{ if (Place > 0) return ({text}) * 0.5f; return {text}; }}")};";
                change = static (run, rows) => run.Layer > 0 ? Map(rows, static v => v * 0.5) : rows;
                break;
            case 5:
                line = $"var ({name}, {name}b) = {Method($"=> ({text}, 2 * HeadDim);", "(Tensor, int)")}; {name} += {name}b;";
                change = (_, rows) => Map(rows, v => v + (2 * HeadDim));
                break;
            case 6:
                line = $"var {name} = {text}; if (Place == 1) {{ {name} = {name} * 2; }} else if (Deep) {name} += 1;";
                change = (run, rows) => Map(rows, v => run.Layer == 1 ? v * 2 : Layers > 1 ? v + 1 : v);
                break;
            case 7:
                line = $"var {name} = {text}; for (var i = 0; i < 3; i++) {name} = {name} * 0.5f + i;";
                change = static (_, rows) => Map(rows, static v => (((v * 0.5) * 0.5) + 1) * 0.5 + 2);
                break;
            case 8:
                line = $"var {name} = ({text}) * Scales[Place];";
                change = static (run, rows) => Map(rows, v => v * Scales[run.Layer]);
                break;
            case 9:
                line = $"var {name} = ({text}) * (Taste switch {{ Taste.Plain => 2, Taste.VerySweet => 0.25f, _ => 1 }});";
                change = static (_, rows) => Map(rows, static v => v * 0.25);
                break;
            case 10:
                line = $"var {name} = Kinds[Place] == Taste.Plain ? {text} : ({text}) - 1;";
                change = static (run, rows) => run.Layer == 1 ? rows : Map(rows, static v => v - 1);
                break;
            case 11 when isWide:
                _hasPart = true;
                line = $"var {name} = Part.Scaled({text}, Heads);";
                change = (run, rows) => [.. rows.Select(row => row.Select((v, i) => v * Heads * run.Weight("part.gain", Hidden)[i]).ToArray())];
                break;
            default:
                line = $"var {name} = {text};";
                break;
        }

        _body.Append("        ").Append(line).Append('\n');
        return change;
    }

    /// <summary>Moves an expression into a method, whose parameters are the locals that it reads.</summary>
    /// <returns>The call.</returns>
    private string Method(string body, string type = "Tensor")
    {
        var name = $"Step{_methods.Count}";
        var locals = Locals().Matches(body).Select(static match => match.Value).Distinct().ToList();
        _methods.Add($"    private {type} {name}({string.Join(", ", locals.Select(static local => $"Tensor {local}"))}) {body}");
        return $"{name}({string.Join(", ", locals)})";
    }

    private string Choosing => """
            [Option("scales")] public partial float[] Scales { get; }
            [Option("taste", Default = Taste.Sour)] public partial Taste Taste { get; }
            [Option("kinds")] public partial Taste[] Kinds { get; }
        """ + (_hasPart ? "\n    [Block(\"part\")] public partial Part Part { get; }" : "");

    private const string Types = """
        public enum Taste { Plain, VerySweet, Sour }

        [Block]
        public partial class Part
        {
            [Dim("hidden")] public partial int Hidden { get; }
            [Weight("gain", "Hidden")] public partial Tensor Gain { get; }
            public Tensor Scaled(Tensor x, int times) => x * Gain * times;
        }
        """;

    private void Configure(Dictionary<string, object> config)
    {
        config["scales"] = Scales;
        config["taste"] = "very_sweet";
        config["kinds"] = new[] { "sour", "plain", "very_sweet" };
    }

    [GeneratedRegex(@"\bv\d+\b|\bx\b")]
    private static partial Regex Locals();
}
