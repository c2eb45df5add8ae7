namespace Cambium.Compiler.Diagnostics;

/// <summary>
/// Codes and titles of the diagnostics that the compiler reports. Message texts are in <c>Lowering/</c> and in shape rules, at the calls of
/// <c>Error</c> and <c>Report</c> with a code of this class. Texts of diagnostics that need only the source are in the generator's
/// <c>Descriptors</c>.
/// </summary>
public static class DiagnosticCodes
{
    public const string Shape = "CMB101";
    public const string UnknownName = "CMB102";
    public const string BadSize = "CMB103";
    public const string BadArgument = "CMB104";
    public const string UnknownOperation = "CMB105";
    public const string BadStack = "CMB106";
    public const string BadResult = "CMB107";
    public const string NotSupported = "CMB108";
    public const string TooLarge = "CMB109";

    public static IReadOnlyList<(string Code, string Title)> All { get; } =
    [
        (Shape, "Shapes do not match"),
        (UnknownName, "Unknown name"),
        (BadSize, "Size expression is not valid"),
        (BadArgument, "Argument is not valid"),
        (UnknownOperation, "Unknown operation"),
        (BadStack, "Property is not a stack of blocks"),
        (BadResult, "Result is not valid"),
        (NotSupported, "Not supported"),
        (TooLarge, "Class is too large"),
    ];

    public static string TitleOf(string code) => All.Single(entry => entry.Code == code).Title;
}
