using System.Text;
using Cambium.Constraints;
using Cambium.Fuzz.Mutation;

namespace Cambium.Fuzz.Kinds;

/// <summary>Regular expressions: random ones, and ones whose automata are large.</summary>
internal sealed class RegexKind : CaseKind
{
    private static readonly string[] Atoms =
    [
        "a", "b", "ab", ".", "\\d", "\\w", "\\S", "[a-z]", "[^a]", "[\\d\\-x]", "é", "[а-я]", "🌲", "[\\u0000-\\uFFFF]", "\\x41", "\\n",
        "(?:a|b)", "[^\\u0800-\\uD7FF]", "\\.", "-", "\\b", "\\p{L}", "(?=a)", "\\1",
        "[[:alpha:]]", "^", "$", "\\", "[", "]", "(", ")", "{", "}", "[z-a]", "\\u12", "\\xZ",
    ];

    private static readonly string[] Counts =
    [
        "*", "+", "?", "*?", "{2}", "{0}", "{,3}", "{1,}", "{3,1}", "{0,40}", "{50}", "{1000}", "{10000}", "{99999999999}", "++", "{1,2147483647}",
    ];

    public override bool IsDocumented(Exception error) => error is ConstraintException;

    public override void Run(Random random, string folder)
    {
        var expression = Expression(random);
        File.WriteAllText(Path.Combine(folder, "expression.txt"), expression);
        Walk.Run(Constraint.Regex(expression), random);
    }

    /// <summary>Any expression, mostly well-formed.</summary>
    public static string Expression(Random random)
    {
        if (random.Next(3) == 0)
            return Large(random);
        var expression = Part(random, random.Next(1, 5));
        return random.Next(6) == 0 ? Encoding.UTF8.GetString(ByteMutator.Mutate(Encoding.UTF8.GetBytes(expression), random)) : expression;
    }

    private static string Part(Random random, int depth) => depth == 0
        ? Atoms[random.Next(random.Next(8) == 0 ? Atoms.Length : 19)]
        : random.Next(5) switch
        {
            0 => $"({Part(random, depth - 1)}|{Part(random, random.Next(depth))})",
            1 => $"({Part(random, depth - 1)}){Counts[random.Next(random.Next(6) == 0 ? Counts.Length : 11)]}",
            2 => $"{Part(random, depth - 1)}{Part(random, random.Next(depth))}",
            3 => $"(?:{Part(random, depth - 1)}){Counts[random.Next(4)]}{Part(random, random.Next(depth))}",
            _ => Part(random, depth - 1),
        };

    private static string Large(Random random)
    {
        var n = random.Next(3) switch { 0 => random.Next(1, 60), 1 => random.Next(1, 1000), _ => random.Next(1, 20_000) };
        string Many(string part, string between = "") =>
            string.Join(between, Enumerable.Repeat(part, Math.Min(n, 60_000 / (part.Length + between.Length))));
        return random.Next(14) switch
        {
            0 => string.Concat(Enumerable.Repeat("(", Math.Min(n, 250))) + "a" + string.Concat(Enumerable.Repeat("){2}", Math.Min(n, 250))),
            1 => string.Concat(Enumerable.Repeat("(", Math.Min(n, 250))) + "a" + string.Concat(Enumerable.Repeat(")*", Math.Min(n, 250))),
            2 => "(" + Many("a", "|") + ")*",
            3 => "(" + string.Join('|', Enumerable.Range(0, n).Select(static i => $"{i * 7919}")) + ")+",
            4 => $"(a?){{{n}}}a{{{n}}}",
            5 => $"(.*a){{{Math.Min(n, 200)}}}.{{{Math.Min(n, 200)}}}",
            6 => $"[ab]*a[ab]{{{n}}}",
            7 => Many("[^\\u0100-\\u2000]"),
            8 => Many("(a*)"),
            9 => "(" + Many("a*", "|") + ")*b",
            10 => $"((a{{1,{n}}}){{1,{n}}}){{1,{n}}}",
            11 => Many("(a|ab)(c|bcd)(d*)"),
            12 => Many("\\w+\\s?"),
            _ => "[" + Many("\\u1234-\\u2345") + "]{1,9}",
        };
    }
}
