namespace Cambium.Compiler;

/// <summary>Every diagnostic that the compiler reports behind the front end: code and title. Messages are made where the facts are.</summary>
public static class DiagnosticCatalog
{
    public const string Shape = "CMB101";
    public const string UnknownName = "CMB102";
    public const string BadSize = "CMB103";
    public const string BadArgument = "CMB104";
    public const string UnknownOperation = "CMB105";
    public const string BadStack = "CMB106";
    public const string BadResult = "CMB107";
    public const string NotSupported = "CMB108";

    public static IReadOnlyList<(string Code, string Title)> All { get; } =
    [
        (Shape, "Shapes do not fit"),
        (UnknownName, "Unknown name"),
        (BadSize, "Not a size"),
        (BadArgument, "Wrong argument"),
        (UnknownOperation, "Unknown operation"),
        (BadStack, "Not a stack of blocks"),
        (BadResult, "Wrong result"),
        (NotSupported, "Not supported"),
    ];
}
