using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>Facts about statements that do not need their values.</summary>
internal static class Statements
{
    public static bool MayReturn(Statement statement) => statement switch
    {
        Return => true,
        If choice => choice.Then.Any(MayReturn) || choice.Else.Any(MayReturn),
        _ => false,
    };

    /// <summary>The first return inside a statement that may return.</summary>
    public static Statement ReturnIn(Statement statement) =>
        statement is If choice ? choice.Then.Concat(choice.Else).Where(MayReturn).Select(ReturnIn).First() : statement;

    /// <summary>Names of the locals that statements assign, each once.</summary>
    public static IEnumerable<string> Assigned(IEnumerable<Statement> statements) =>
        statements.SelectMany(static statement => statement switch
        {
            Assign assign => assign.Targets,
            ForEach loop => Assigned(loop.Body),
            If choice => Assigned(choice.Then).Concat(Assigned(choice.Else)),
            _ => Enumerable.Empty<string>(),
        }).Distinct();
}
