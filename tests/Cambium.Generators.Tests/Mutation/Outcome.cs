using Cambium.Generators.Tests.Mutation.Evaluation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

internal enum OutcomeKind
{
    /// <summary>It is an error, and Cambium reports it at its position.</summary>
    Reported,

    /// <summary>C# reports it, and Cambium does not.</summary>
    ReportedByCSharp,

    /// <summary>It is valid, and Cambium reports nothing.</summary>
    Valid,

    /// <summary>It is valid for some sizes only; not checked.</summary>
    SizeDependent,

    /// <summary>Anything else.</summary>
    Fault,
}

/// <summary>The result for a mutant.</summary>
/// <param name="Why">The reason of a fault.</param>
internal sealed record Outcome(Trial Trial, OutcomeKind Kind, IReadOnlyList<string> Codes, string Why = "")
{
    private static readonly IReadOnlyDictionary<ErrorKind, string[]> Allowed = new Dictionary<ErrorKind, string[]>
    {
        [ErrorKind.Shape] = ["CMB101", "CMB104", "CMB107"],
        [ErrorKind.Range] = ["CMB101"],
        [ErrorKind.Name] = ["CMB102", "CMB103"],
        [ErrorKind.Argument] = ["CMB104", "CMB101", "CMB108", "CMB011"],
        [ErrorKind.Construct] = ["CMB010", "CMB011", "CMB013", "CMB014", "CMB108"],
        [ErrorKind.Declaration] = ["CMB001", "CMB002", "CMB003", "CMB004", "CMB005", "CMB006", "CMB007", "CMB008", "CMB009", "CMB015", "CMB017"],
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
            return new(trial, OutcomeKind.Fault, [], failure.ToString());
        }
    }

    private static Outcome Of(Trial trial, int seed)
    {
        var (mutant, sources) = (trial.Mutant, trial.Sources);
        var generation = Generation.Run(sources);
        var found = generation.Diagnostics;
        Outcome Is(OutcomeKind kind, string why = "") => new(
            trial,
            kind,
            [.. found.Select(static diagnostic => diagnostic.Id)],
            why.Length == 0 ? "" : $"{why}\n  {string.Join("\n  ", found)}");

        if (generation.Result.Exception is { } failure)
            return Is(OutcomeKind.Fault, failure.ToString());
        if (found.Any(static diagnostic => diagnostic.Id is "CMB099" or "AD0001"))
            return Is(OutcomeKind.Fault, "The generator failed.");
        if (generation.CSharp.FirstOrDefault(static item =>
            item.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true) is { } generated)
            return Is(OutcomeKind.Fault, $"Generated code: {generated}");

        var errors = generation.CSharp.Where(static item => item.Severity == DiagnosticSeverity.Error).ToList();
        if (errors.Count > 0)
        {
            return errors.Select(error =>
                found.FirstOrDefault(diagnostic => IsAbout(error, diagnostic)) is { } diagnostic
                    ? $"{error}\n  is reported by C#, but Cambium also reports {diagnostic}"
                    : null).FirstOrDefault(static why => why is not null) is { } why
                ? Is(OutcomeKind.Fault, why)
                : Is(OutcomeKind.ReportedByCSharp);
        }

        var verdict = ShapeEvaluator.Judge(
            [.. sources.Select(static (source, i) => CSharpSyntaxTree.ParseText(source, Generation.Parsing, $"Source{i}.cs").GetRoot())],
            seed);
        if (mutant.Codes.Count > 0)
        {
            return !verdict.IsInvalid ? Is(
                OutcomeKind.Fault,
                $"The change always causes {string.Join(" or ", mutant.Codes)}, but the evaluator says {verdict}.")
                : found.Any(diagnostic => mutant.Codes.Contains(diagnostic.Id) && IsAtMutation(diagnostic)) ? Is(OutcomeKind.Reported)
                : Is(OutcomeKind.Fault, $"Expected {string.Join(" or ", mutant.Codes)}; the evaluator says {verdict}.");
        }

        if (verdict.Depends)
            return Is(OutcomeKind.SizeDependent);
        if (verdict.IsValid)
            return found.Count == 0 ? Is(OutcomeKind.Valid) : Is(OutcomeKind.Fault, "The evaluator says it is valid.");
        if (found.Count == 0 && verdict.Failures.All(static failure => failure.What == ErrorKind.Range))
            return Is(OutcomeKind.SizeDependent);
        return !found.Any(diagnostic => verdict.Failures.Any(failure => IsOf(failure, diagnostic))) ? Is(
            OutcomeKind.Fault,
            $"The evaluator says {verdict}.")
            : found.FirstOrDefault(diagnostic =>
                !IsAtMutation(diagnostic) && !verdict.Failures.Any(failure => IsAt(failure, diagnostic))) is { } other
                ? Is(OutcomeKind.Fault, $"The evaluator says {verdict}, but Cambium reports {other}.")
            : Is(OutcomeKind.Reported);

        bool IsAtMutation(Diagnostic diagnostic) => diagnostic.Location.SourceTree?.FilePath == $"Source{trial.File}.cs"
            && mutant.IsAt(diagnostic.Location.SourceSpan);

        bool IsOf(Failure failure, Diagnostic diagnostic) => Allowed[failure.What].Contains(diagnostic.Id)
            && (IsAt(failure, diagnostic) || IsAtMutation(diagnostic));

        static bool IsAt(Failure failure, Diagnostic diagnostic) => diagnostic.Location.SourceTree?.FilePath == failure.Node.SyntaxTree.FilePath
            && Mutant.AreAt(failure.Node.Span, diagnostic.Location.SourceSpan);
    }

    /// <summary>Whether a diagnostic of Cambium is at the statement or member that C# rejects.</summary>
    private static bool IsAbout(Diagnostic error, Diagnostic diagnostic)
    {
        if (error.Location.SourceTree is not { } tree || diagnostic.Location.SourceTree?.FilePath != tree.FilePath)
            return false;
        var node = tree.GetRoot().FindNode(error.Location.SourceSpan, getInnermostNodeForTie: true);
        // At a method's name, C# reports its header and paths without a result.
        if (node is MethodDeclarationSyntax { Identifier.Span: var name })
            return name.IntersectsWith(diagnostic.Location.SourceSpan);
        var whole =
            node.AncestorsAndSelf().FirstOrDefault(static outer =>
                outer is StatementSyntax and not BlockSyntax or ArrowExpressionClauseSyntax or MemberDeclarationSyntax
                    and not BaseTypeDeclarationSyntax and not BaseNamespaceDeclarationSyntax)?.Span ?? error.Location.SourceSpan;
        return whole.IntersectsWith(diagnostic.Location.SourceSpan);
    }

    /// <summary>The input to reproduce it.</summary>
    public string Describe(int seed, int wanted) =>
        $"{Trial.Mutant.Rule}, in {Trial.Name}, seed {seed}: {Why}\nChanged: "
            + $"`{Trial.Mutant.Source.Substring(Trial.Mutant.Place.Start, Math.Min(Trial.Mutant.Place.Length, 400))}`\nReplay: "
            + $"CAMBIUM_SEED={seed} CAMBIUM_RANDOM_MUTANTS={wanted} dotnet test tests/Cambium.Generators.Tests --filter Mutation\n";
}
