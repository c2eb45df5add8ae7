using Cambium.Generators.Tests.Mutation.Evaluation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

internal enum Story
{
    /// <summary>It is an error, and Cambium reports it at its position.</summary>
    Told,

    /// <summary>C# reports it, and Cambium does not.</summary>
    LeftToCSharp,

    /// <summary>It is valid, and Cambium reports nothing.</summary>
    Right,

    /// <summary>It is valid for some sizes only; not checked.</summary>
    Depends,

    /// <summary>Anything else.</summary>
    Fault,
}

/// <summary>The result for a mutant.</summary>
/// <param name="Why">The reason of a fault.</param>
internal sealed record Outcome(Trial Trial, Story Story, IReadOnlyList<string> Codes, string Why = "")
{
    private static readonly IReadOnlyDictionary<Wrong, string[]> Allowed = new Dictionary<Wrong, string[]>
    {
        [Wrong.Shape] = ["CMB101", "CMB104", "CMB107"],
        [Wrong.Range] = ["CMB101"],
        [Wrong.Name] = ["CMB102", "CMB103"],
        [Wrong.Argument] = ["CMB104", "CMB101", "CMB108", "CMB011"],
        [Wrong.Construct] = ["CMB010", "CMB011", "CMB013", "CMB014", "CMB108"],
        [Wrong.Declaration] = ["CMB001", "CMB002", "CMB003", "CMB004", "CMB005", "CMB006", "CMB007", "CMB008", "CMB009", "CMB015", "CMB017"],
    };

    /// <summary>Catches failures of the evaluator, too.</summary>
    public static Outcome OfAnyKind(Trial trial, int seed)
    {
        try
        {
            return Of(trial, seed);
        }
        catch (Exception failure)
        {
            return new(trial, Story.Fault, [], failure.ToString());
        }
    }

    private static Outcome Of(Trial trial, int seed)
    {
        var (mutant, sources) = (trial.Mutant, trial.Sources);
        var generation = Generation.Run(sources);
        var mistakes = generation.Diagnostics;
        Outcome Is(Story story, string why = "") => new(trial, story, [.. mistakes.Select(static mistake => mistake.Id)], why.Length == 0 ? "" : $"{why}\n  {string.Join("\n  ", mistakes)}");

        if (generation.Result.Exception is { } failure)
            return Is(Story.Fault, failure.ToString());
        if (mistakes.Any(static mistake => mistake.Id is "CMB099" or "AD0001"))
            return Is(Story.Fault, "It falls over.");
        if (generation.CSharp.FirstOrDefault(static item => item.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true) is { } generated)
            return Is(Story.Fault, $"Generated text: {generated}");

        var errors = generation.CSharp.Where(static item => item.Severity == DiagnosticSeverity.Error).ToList();
        if (errors.Count > 0)
        {
            return errors.Select(error => mistakes.FirstOrDefault(mistake => IsAbout(error, mistake)) is { } mistake ? $"{error}\n  is C#'s to report, and ours say {mistake}" : null).FirstOrDefault(static why => why is not null) is { } why
                ? Is(Story.Fault, why)
                : Is(Story.LeftToCSharp);
        }

        var verdict = ShapeEvaluator.Judge([.. sources.Select(static (source, i) => CSharpSyntaxTree.ParseText(source, Generation.Parsing, $"Source{i}.cs").GetRoot())], seed);
        if (mutant.Codes.Count > 0)
        {
            return !verdict.IsWrong ? Is(Story.Fault, $"By construction it is {string.Join(" or ", mutant.Codes)}, but the evaluator calls it {verdict}.")
                : mistakes.Any(mistake => mutant.Codes.Contains(mistake.Id) && IsAtMutation(mistake)) ? Is(Story.Told)
                : Is(Story.Fault, $"Expected {string.Join(" or ", mutant.Codes)}; the evaluator says {verdict}.");
        }

        if (verdict.Depends)
            return Is(Story.Depends);
        if (verdict.IsRight)
            return mistakes.Count == 0 ? Is(Story.Right) : Is(Story.Fault, "The evaluator calls it right.");
        if (mistakes.Count == 0 && verdict.Failures.All(static failure => failure.What == Wrong.Range))
            return Is(Story.Depends);
        return !mistakes.Any(mistake => verdict.Failures.Any(failure => IsOf(failure, mistake))) ? Is(Story.Fault, $"The evaluator says {verdict}.")
            : mistakes.FirstOrDefault(mistake => !IsAtMutation(mistake) && !verdict.Failures.Any(failure => IsAt(failure, mistake))) is { } other ? Is(Story.Fault, $"The evaluator says {verdict}, and nothing of {other}.")
            : Is(Story.Told);

        bool IsAtMutation(Diagnostic mistake) => mistake.Location.SourceTree?.FilePath == $"Source{trial.File}.cs" && mutant.IsAt(mistake.Location.SourceSpan);

        bool IsOf(Failure failure, Diagnostic mistake) => Allowed[failure.What].Contains(mistake.Id) && (IsAt(failure, mistake) || IsAtMutation(mistake));

        static bool IsAt(Failure failure, Diagnostic mistake) => mistake.Location.SourceTree?.FilePath == failure.Node.SyntaxTree.FilePath && Mutant.AreAt(failure.Node.Span, mistake.Location.SourceSpan);
    }

    /// <summary>Whether a diagnostic of Cambium is at the statement or member that C# rejects.</summary>
    private static bool IsAbout(Diagnostic error, Diagnostic mistake)
    {
        if (error.Location.SourceTree is not { } tree || mistake.Location.SourceTree?.FilePath != tree.FilePath)
            return false;
        var node = tree.GetRoot().FindNode(error.Location.SourceSpan, getInnermostNodeForTie: true);
        // At a method's name, C# reports its header and paths without a result.
        if (node is MethodDeclarationSyntax { Identifier.Span: var name })
            return name.IntersectsWith(mistake.Location.SourceSpan);
        var whole = node.AncestorsAndSelf().FirstOrDefault(static outer => outer is StatementSyntax and not BlockSyntax or ArrowExpressionClauseSyntax or MemberDeclarationSyntax and not BaseTypeDeclarationSyntax and not BaseNamespaceDeclarationSyntax)?.Span ?? error.Location.SourceSpan;
        return whole.IntersectsWith(mistake.Location.SourceSpan);
    }

    /// <summary>The input to reproduce it.</summary>
    public string Tell(int seed, int wanted) =>
        $"{Trial.Mutant.Rule}, in {Trial.Name}, seed {seed}: {Why}\nChanged: `{Trial.Mutant.Source.Substring(Trial.Mutant.Place.Start, Math.Min(Trial.Mutant.Place.Length, 400))}`\nReplay: CAMBIUM_SEED={seed} CAMBIUM_RANDOM_MUTANTS={wanted} dotnet test tests/Cambium.Generators.Tests --filter Mutation\n";
}
