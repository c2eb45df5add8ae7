using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Fuzz.Mutation;
using Cambium.Text.Templates;

namespace Cambium.Fuzz.Kinds;

/// <summary>Chat templates: published ones with changes, random ones, and ones that make large values out of small ones.</summary>
internal sealed class TemplateKind : CaseKind
{
    private static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", " ", "\n", "x", "messages", "m", "loop", "ns", "'a'", "1", "2.5", "true", "none", "(", ")",
        "[", "]", "{", "}", ",", ":", ".", "|", "=",
        "==", "<", "+", "-", "*", "**", "/", "//", "%", "~", "and", "or", "not", "in", "is", "if", "else", "elif", "endif", "for", "endfor", "set",
        "endset", "macro", "endmacro", "call",
        "endcall", "filter", "endfilter", "raw", "endraw", "break", "recursive", "length", "tojson", "join", "default", "map", "selectattr", "sort",
        "list", "namespace", "range", "defined",
        "replace", "format", "content", "role", "split", "int", "batch", "slice", "groupby", "unique", "reverse", "🌲", "\0", "{% endfor %}",
        "{{ m.content }}", "{% for m in messages %}",
    ];

    private static readonly string[] Values =
        ["1", "0", "-1", "2.5", "1e308", "'a'", "''", "'ab, c'", "none", "true", "[]", "[3, 1, 2]", "{'a': 1}", "messages", "messages[0]", "missing",
            "range(30)", "'é🌲'", "9223372036854775807", "ns", "ns.a", "loop"];

    private static readonly string[] Operations =
    [
        " + ", " - ", " * ", " / ", " // ", " % ", " ~ ", " ** ", " == ", " != ", " < ", " in ", " and ", " if x else ", "|join(",
        "|sort(attribute=", "|default(", "|map(", "|select(", "|batch(",
        "|slice(", "|round(", "|replace('a', ", "|indent(", "|truncate(", "|int(", "|format(", "|center(", ".split(", ".get(", ".strip(", ".zfill(",
        ".format(", "[", "[1:", "|groupby(", "|sum(start=",
        "|tojson(indent=", ".startswith(", ".join(", "|dictsort(by=", "|min(attribute=", ".replace('', ", ".find(", "|unique(", "|list * (",
        "|string * (", "|length + (", "|reverse|list + (", "|wordwrap(", ".count(",
    ];

    // Each rule makes the value of ns.a grow; {0} is an expression of it.
    private static readonly string[] Growth =
    [
        "[ns.a, ns.a]", "ns.a + ns.a", "[ns.a]", "{{'k': ns.a, 'l': ns.a}}", "ns.a ~ ns.a", "(ns.a|string) * 2", "ns.a|tojson", "[ns.a] * 30",
        "ns.a|list", "ns.a|string|list", "[ns.a, loop.index]", "ns.a|join(ns.a|string)",
        "(ns.a|string).replace('a', 'aa')", "ns.a|batch(1)|list", "ns.a|string|upper|lower|trim", "dict(a=ns.a, b=ns.a)", "(ns.a, ns.a)",
        "ns.a|indent(9)",
    ];

    private static readonly string[] Ends =
    [
        "ns.a == ns.b", "ns.a != ns.b", "ns.a < ns.b", "ns.a in [ns.b]", "[ns.a, ns.b]|sort", "[ns.a, ns.b]|unique|list", "ns.a|tojson", "ns.a",
        "ns.a|string|length", "ns.a|pprint", "{{ns.a: 1}}", "ns.a is sameas ns.b",
        "ns.a|length", "(ns.a, ns.b)|max", "[ns.a, ns.b]|groupby(0)", "ns.a|sum(start=[])|length", "ns.a|map('string')|list",
        "[ns.b, ns.a].index(ns.a)", "[ns.b] * 99|list == [ns.a] * 99", "ns.a|hash",
    ];

    private readonly string[] _published;

    public TemplateKind()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Fixtures.InRepository("chat-templates.json")));
        _published = [.. document.RootElement.EnumerateArray().Select(static test => test.GetProperty("template").GetString()!).Distinct()];
    }

    public override bool IsDocumented(Exception error) => base.IsDocumented(error) || error is ChatTemplateException;

    public override void Run(Random random, string folder)
    {
        var source = random.Next(6) switch
        {
            0 => Changed(random),
            1 => string.Concat(AnyPieces(random)),
            2 => "{% set ns = namespace(a=[1]) %}{{ " + Expression(random, random.Next(1, 5)) + " }}",
            3 => Repeated(random),
            _ => Grown(random),
        };
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), source);
        ChatTemplate.Parse(source).Render(Input(random));
    }

    private static ChatTemplateInput Input(Random random)
    {
        var messages = JsonNode.Parse(
            """
            [{ "role": "user", "content": "Hi" },
             { "role": "assistant", "content": "Hello 🌲", "tool_calls": [{ "function": { "name": "f", "arguments": { "x": 1 } } }] }]
            """)!;
        var mutator = new JsonMutator(random, ["role", "content", "user", "system", "tool_calls", "<|im_end|>"]);
        while (random.Next(3) == 0)
        {
            try
            {
                messages = JsonNode.Parse(mutator.Mutate(messages)) ?? messages;
            }
            catch (JsonException)
            {
            }
        }

        using var document = JsonDocument.Parse(messages.ToJsonString(), new JsonDocumentOptions { MaxDepth = 1000 });
        return new ChatTemplateInput { Messages = document.RootElement.Clone(), AddGenerationPrompt = random.Next(2) == 0 };
    }

    private string Changed(Random random)
    {
        var template = _published[random.Next(_published.Length)];
        for (var i = random.Next(5); i > 0; i--)
        {
            var at = random.Next(template.Length + 1);
            template = template[..at] + Pieces[random.Next(Pieces.Length)] + template[Math.Min(template.Length, at + random.Next(12))..];
        }

        return random.Next(4) == 0 ? Encoding.UTF8.GetString(ByteMutator.Mutate(Encoding.UTF8.GetBytes(template), random)) : template;
    }

    private static IEnumerable<string> AnyPieces(Random random) =>
        Enumerable.Range(0, random.Next(40)).Select(_ => Pieces[random.Next(Pieces.Length)] + (random.Next(2) == 0 ? " " : ""));

    private static string Expression(Random random, int depth)
    {
        if (depth == 0)
            return Values[random.Next(Values.Length)];
        var sign = Operations[random.Next(Operations.Length)];
        var close = sign.Contains('(') ? ")" : sign.Contains('[') ? "]" : "";
        return $"({Expression(random, depth - 1)}){sign}{Expression(random, random.Next(depth))}{close}";
    }

    // One element many times: long chains and deep nesting, which a parser must bound.
    private static string Repeated(Random random)
    {
        var times = random.Next(3) switch { 0 => random.Next(1, 200), 1 => random.Next(1, 5000), _ => random.Next(1, 60_000) };
        string Many(string part) => string.Concat(Enumerable.Repeat(part, Math.Min(times, 1_000_000 / part.Length)));
        return random.Next(16) switch
        {
            0 => "{{ " + Many("(") + "1" + Many(")") + " }}",
            1 => "{{ 1" + Many(" + 1") + " }}",
            2 => "{{ " + Many("'a' ") + " }}",
            3 => "{{ " + Many("not ") + "1 }}",
            4 => "{{ " + Many("[") + Many("]") + " }}",
            5 => Many("{% if 1 %}") + Many("{% endif %}"),
            6 => "{{ 1" + Many(" | string") + " }}",
            7 => "{{ x" + Many(".a") + " }}",
            8 => "{{ '" + Many("\\n") + "' }}",
            9 => "{{ 1" + Many(" if 1 else 1") + " }}",
            10 => "{% set a = 1 %}" + Many("{% set a = [a] %}") + "{{ a }}",
            11 => "{{ [" + Many("1, ") + "] }}",
            12 => Many("{% macro m() %}{% endmacro %}") + "{{ m() }}",
            13 => "{{ {" + Many("'a': 1, ") + "} }}",
            14 => "{{ 1" + Many(" < 2") + " }}{{ 'a'" + Many(" ~ 'b'") + " }}",
            _ => Many("a{# c #}{{ 1 }}"),
        };
    }

    private static string Grown(Random random)
    {
        var text = new StringBuilder("{% set ns = namespace(a=");
        var start = Values[random.Next(12)];
        var times = random.Next(2) == 0 ? random.Next(1, 70) : random.Next(1, 4000);
        text.Append(start).Append(", b=").Append(start).Append(") %}{% for i in range(").Append(times).Append(") %}");
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var grown = Growth[random.Next(Growth.Length)].Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);
            var other = random.Next(8) == 0 ? "ns.a" : grown.Replace("ns.a", "ns.b", StringComparison.Ordinal);
            text.Append("{% set ns.a = ").Append(grown).Append(" %}{% set ns.b = ").Append(other).Append(" %}");
        }

        if (random.Next(6) == 0)
            text.Append("{% if ").Append(End(random)).Append(" %}x{% endif %}");
        text.Append("{% endfor %}{{ ").Append(End(random)).Append(" }}");
        return text.ToString();
    }

    private static string End(Random random) =>
        Ends[random.Next(Ends.Length)].Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);
}
