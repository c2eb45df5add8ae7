using System.Collections.Immutable;
using Cambium.Compiler;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Diagnostics;

/// <summary>Every diagnostic of the front end, and the compiler's as descriptors.</summary>
internal static class Descriptors
{
    private const string Category = "Cambium";

    // Relative to the root of the repository, until it has an address that packages can name.
    private const string Pages = "generators/Cambium.Generators/Diagnostics/Pages/";

    public static readonly DiagnosticDescriptor NotPartial = new(
        "CMB001", "A model class must be partial", "'{0}' must be partial: the generator adds the other part", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB001.md");

    public static readonly DiagnosticDescriptor WrongForm = new(
        "CMB002", "A model class cannot have this form", "'{0}' is {1}; a class with [{2}] cannot be. {3}.", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB002.md");

    public static readonly DiagnosticDescriptor NoForward = new(
        "CMB003", "A model needs a Forward method", "'{0}' needs a method `Tensor Forward(Tokens tokens)`: {1}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB003.md");

    public static readonly DiagnosticDescriptor WrongProperty = new(
        "CMB004", "Not a property that can be bound", "'{0}' must be a partial instance property with `get` alone: `public partial {1} {0} {{ get; }}`", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB004.md");

    public static readonly DiagnosticDescriptor WrongType = new(
        "CMB005", "The attribute does not fit the type", "[{0}] needs a property of type {1}, but '{2}' is {3}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB005.md");

    public static readonly DiagnosticDescriptor WrongValue = new(
        "CMB006", "The attribute's values do not fit", "'{0}': {1}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB006.md");

    public static readonly DiagnosticDescriptor TwoRoles = new(
        "CMB007", "A property has one role", "'{0}' has both [{1}] and [{2}]; keep one", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB007.md");

    public static readonly DiagnosticDescriptor NotBound = new(
        "CMB008", "A member says not where its value is", "'{0}' has no attribute that says where its value is; add {1}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB008.md");

    public static readonly DiagnosticDescriptor NameTaken = new(
        "CMB009", "The generator needs this name", "'{0}' is a name that the generated part of '{1}' needs; choose another", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB009.md");

    public static readonly DiagnosticDescriptor Statement = new(
        "CMB010", "This statement cannot be part of a model", "{0} cannot be part of a model. {1}.", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB010.md");

    public static readonly DiagnosticDescriptor Expression = new(
        "CMB011", "This expression cannot be part of a model", "{0} cannot be part of a model. {1}.", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB011.md");

    public static readonly DiagnosticDescriptor ForeignBlock = new(
        "CMB012", "An assembly does not describe its block", "'{0}' of '{1}' needs the block '{2}' of the assembly '{3}', which does not say what the block computes: it was built without Cambium's generator, with an older one, or with mistakes in the block. Update the package that brings '{3}'.", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB012.md");

    public static readonly DiagnosticDescriptor UnknownCall = new(
        "CMB013", "This call cannot be part of a model", "'{0}' is neither an operation of Cambium nor a method of '{1}' or its blocks, so its text cannot be read", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB013.md");

    public static readonly DiagnosticDescriptor UnknownMember = new(
        "CMB014", "This member cannot be read in a model", "'{0}' cannot be read here: {1}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB014.md");

    public static readonly DiagnosticDescriptor WrongFunction = new(
        "CMB015", "This method cannot be part of a model", "'{0}' cannot be part of a model: {1}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB015.md");

    public static readonly DiagnosticDescriptor UnreadableBlock = new(
        "CMB016", "The description of a block cannot be read", "'{0}' of '{1}' needs the block '{2}' of the assembly '{3}', whose description {4}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB016.md");

    public static readonly DiagnosticDescriptor WrongEntryPoint = new(
        "CMB017", "This method cannot be run by itself", "'{0}' cannot be an entry point: {1}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB017.md");

    public static readonly DiagnosticDescriptor DirectCall = new(
        "CMB020",
        "A model's text is read, not run",
        "'{0}' throws when it is run: it has a meaning only inside a class with [Model] or [Block]. Load the model with its `Load(folder)` and run it with an Engine.",
        Category,
        DiagnosticSeverity.Warning,
        true,
        helpLinkUri: Pages + "CMB020.md");

    public static readonly DiagnosticDescriptor Internal = new(
        "CMB099", "Cambium's compiler failed", "Cambium's compiler failed on '{0}': {1}. This is a mistake in Cambium; please report it with the class.", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + "CMB099.md");

    // The compiler makes its messages where the facts are; they arrive whole.
    public static readonly DiagnosticDescriptor Shape = new(
        DiagnosticCatalog.Shape, TitleOf(DiagnosticCatalog.Shape), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.Shape + ".md");

    public static readonly DiagnosticDescriptor UnknownName = new(
        DiagnosticCatalog.UnknownName, TitleOf(DiagnosticCatalog.UnknownName), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.UnknownName + ".md");

    public static readonly DiagnosticDescriptor BadSize = new(
        DiagnosticCatalog.BadSize, TitleOf(DiagnosticCatalog.BadSize), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.BadSize + ".md");

    public static readonly DiagnosticDescriptor BadArgument = new(
        DiagnosticCatalog.BadArgument, TitleOf(DiagnosticCatalog.BadArgument), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.BadArgument + ".md");

    public static readonly DiagnosticDescriptor UnknownOperation = new(
        DiagnosticCatalog.UnknownOperation, TitleOf(DiagnosticCatalog.UnknownOperation), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.UnknownOperation + ".md");

    public static readonly DiagnosticDescriptor BadStack = new(
        DiagnosticCatalog.BadStack, TitleOf(DiagnosticCatalog.BadStack), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.BadStack + ".md");

    public static readonly DiagnosticDescriptor BadResult = new(
        DiagnosticCatalog.BadResult, TitleOf(DiagnosticCatalog.BadResult), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.BadResult + ".md");

    public static readonly DiagnosticDescriptor NotSupported = new(
        DiagnosticCatalog.NotSupported, TitleOf(DiagnosticCatalog.NotSupported), "{0}", Category, DiagnosticSeverity.Error, true, helpLinkUri: Pages + DiagnosticCatalog.NotSupported + ".md");

    /// <summary>Those that are reported before the compiler runs.</summary>
    public static readonly IReadOnlyList<DiagnosticDescriptor> FrontEnd =
    [
        NotPartial, WrongForm, NoForward, WrongProperty, WrongType, WrongValue, TwoRoles, NotBound, NameTaken, Statement,
        Expression, ForeignBlock, UnknownCall, UnknownMember, WrongFunction, UnreadableBlock, WrongEntryPoint, DirectCall, Internal,
    ];

    /// <summary>Those that the text of one class shows: the analyzer's. The generator reports the others.</summary>
    public static readonly ImmutableArray<DiagnosticDescriptor> OfOneClass =
    [
        .. FrontEnd.Except([ForeignBlock, UnreadableBlock, DirectCall, Internal]), Shape, UnknownName, BadSize, BadArgument,
    ];

    private static readonly IReadOnlyList<DiagnosticDescriptor> OfCompiler = [Shape, UnknownName, BadSize, BadArgument, UnknownOperation, BadStack, BadResult, NotSupported];

    private static readonly Dictionary<string, DiagnosticDescriptor> ByCode =
        FrontEnd.Concat(OfCompiler).ToDictionary(static descriptor => descriptor.Id, StringComparer.Ordinal);

    public static IEnumerable<DiagnosticDescriptor> All => ByCode.Values;

    public static DiagnosticDescriptor Get(string code) => ByCode[code];

    private static string TitleOf(string code) => DiagnosticCatalog.All.Single(entry => entry.Code == code).Title;
}
