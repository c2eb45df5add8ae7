using System.Collections.Immutable;
using Cambium.Compiler.Diagnostics;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Diagnostics;

/// <summary>
/// Codes, titles and message texts of all diagnostics of the front end. The compiler's diagnostics have their code and title here; the compiler
/// writes their message texts where it reports them, see <see cref="DiagnosticCodes"/>.
/// </summary>
internal static class Descriptors
{
    private const string Category = "Cambium";


    public static readonly DiagnosticDescriptor NotPartial = Error(
        "CMB001", "Model class is not partial", "'{0}' must be partial: the generator adds a second part");

    public static readonly DiagnosticDescriptor WrongForm = Error(
        "CMB002", "Class form is not supported", "'{0}' is {1}; a class with [{2}] cannot be. {3}.");

    public static readonly DiagnosticDescriptor NoForward = Error(
        "CMB003", "Model has no valid Forward method", "'{0}' needs a method `Tensor Forward(Tokens tokens)`: {1}");

    public static readonly DiagnosticDescriptor WrongProperty = Error(
        "CMB004", "Property cannot be bound", "'{0}' must be a partial instance property with only a getter: `public partial {1} {0} {{ get; }}`");

    public static readonly DiagnosticDescriptor WrongType = Error(
        "CMB005", "Attribute does not match the property type", "[{0}] needs a property of type {1}, but '{2}' is {3}");

    public static readonly DiagnosticDescriptor WrongValue = Error(
        "CMB006", "Attribute value is not valid", "'{0}': {1}");

    public static readonly DiagnosticDescriptor TwoRoles = Error(
        "CMB007", "Property has two roles", "'{0}' has both [{1}] and [{2}]; keep one");

    public static readonly DiagnosticDescriptor NotBound = Error(
        "CMB008", "Property has no binding attribute", "'{0}' has no binding attribute; add {1}");

    public static readonly DiagnosticDescriptor NameTaken = Error(
        "CMB009", "Name is reserved for generated code", "The generated part of '{1}' uses the name '{0}'; choose another name");

    public static readonly DiagnosticDescriptor Statement = Error(
        "CMB010", "Statement is not supported in a model", "{0} is not supported in a model. {1}.");

    public static readonly DiagnosticDescriptor Expression = Error(
        "CMB011", "Expression is not supported in a model", "{0} is not supported in a model. {1}.");

    public static readonly DiagnosticDescriptor ForeignBlock = Error(
        "CMB012",
        "Referenced assembly does not describe the class",
        "'{0}' of '{1}' needs the class '{2}' of the assembly '{3}', which has no description of it: "
        + "it was built without Cambium's generator, with an older one, or with errors in the class. Update the package that contains '{3}'.");

    public static readonly DiagnosticDescriptor UnknownCall = Error(
        "CMB013", "Call is not supported in a model",
        "'{0}' is neither an operation of Cambium nor a method of '{1}' or its blocks, so its source cannot be read");

    public static readonly DiagnosticDescriptor UnknownMember = Error(
        "CMB014", "Member cannot be read in a model", "'{0}' cannot be read here: {1}");

    public static readonly DiagnosticDescriptor WrongFunction = Error(
        "CMB015", "Method is not supported in a model", "'{0}' is not supported in a model: {1}");

    public static readonly DiagnosticDescriptor UnreadableBlock = Error(
        "CMB016", "Class description cannot be read", "'{0}' of '{1}' needs the class '{2}' of the assembly '{3}', whose description {4}");

    public static readonly DiagnosticDescriptor WrongEntryPoint = Error(
        "CMB017", "Method cannot be an entry point", "'{0}' cannot be an entry point: {1}");

    public static readonly DiagnosticDescriptor DirectCall = Describe(
        "CMB020",
        "Model code is compiled, not called",
        "'{0}' throws when it is called: it has a meaning only inside a class with [Model] or [Block]. "
        + "Load the model with its `Load(folder)` and run it with an Engine.",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor NeverRead = Describe(
        "CMB021",
        "Weight is never read",
        "'{0}' of '{1}' is never read: no method of a model or block reads it, so the tensors of the checkpoint that it names have no effect. {2}.",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor Internal = Error(
        "CMB099", "Cambium's compiler failed", "Cambium's compiler failed on '{0}': {1}. This is a bug in Cambium; please report it with the class.");

    public static readonly DiagnosticDescriptor Shape = OfCompiler(DiagnosticCodes.Shape);
    public static readonly DiagnosticDescriptor UnknownName = OfCompiler(DiagnosticCodes.UnknownName);
    public static readonly DiagnosticDescriptor BadSize = OfCompiler(DiagnosticCodes.BadSize);
    public static readonly DiagnosticDescriptor BadArgument = OfCompiler(DiagnosticCodes.BadArgument);
    public static readonly DiagnosticDescriptor UnknownOperation = OfCompiler(DiagnosticCodes.UnknownOperation);
    public static readonly DiagnosticDescriptor BadStack = OfCompiler(DiagnosticCodes.BadStack);
    public static readonly DiagnosticDescriptor BadResult = OfCompiler(DiagnosticCodes.BadResult);
    public static readonly DiagnosticDescriptor NotSupported = OfCompiler(DiagnosticCodes.NotSupported);
    public static readonly DiagnosticDescriptor TooLarge = OfCompiler(DiagnosticCodes.TooLarge);

    /// <summary>Diagnostics that are reported before the compiler runs.</summary>
    public static readonly IReadOnlyList<DiagnosticDescriptor> FrontEnd =
    [
        NotPartial, WrongForm, NoForward, WrongProperty, WrongType, WrongValue, TwoRoles, NotBound, NameTaken, Statement,
        Expression, ForeignBlock, UnknownCall, UnknownMember, WrongFunction, UnreadableBlock, WrongEntryPoint, DirectCall, NeverRead, Internal,
    ];

    /// <summary>Diagnostics that need only the source of one class. The analyzer reports these, the generator the others.</summary>
    public static readonly ImmutableArray<DiagnosticDescriptor> OfOneClass =
    [
        .. FrontEnd.Except([ForeignBlock, UnreadableBlock, DirectCall, NeverRead, Internal]), Shape, UnknownName, BadSize, BadArgument, TooLarge,
    ];

    private static readonly Dictionary<string, DiagnosticDescriptor> ByCode =
        FrontEnd.Concat([Shape, UnknownName, BadSize, BadArgument, UnknownOperation, BadStack, BadResult, NotSupported, TooLarge])
            .ToDictionary(static descriptor => descriptor.Id, StringComparer.Ordinal);

    public static IEnumerable<DiagnosticDescriptor> All => ByCode.Values;

    public static DiagnosticDescriptor Get(string code) => ByCode[code];

    private static DiagnosticDescriptor Error(string code, string title, string message) => Describe(code, title, message, DiagnosticSeverity.Error);

    // The compiler writes the whole message, so the format has only this argument.
    private static DiagnosticDescriptor OfCompiler(string code) => Error(code, DiagnosticCodes.TitleOf(code), "{0}");

    private static DiagnosticDescriptor Describe(string code, string title, string message, DiagnosticSeverity severity) =>
        new(code, title, message, Category, severity, isEnabledByDefault: true, helpLinkUri: HelpLink.Of(code));
}
