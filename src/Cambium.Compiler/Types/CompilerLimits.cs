namespace Cambium.Compiler.Types;

/// <summary>
/// Bounds on the source of a class and on the program that is made from it. They keep the stack, memory and time of the compiler small: in an
/// editor it runs inside the language server, where a stack overflow ends the process.
/// </summary>
public static class CompilerLimits
{
    /// <summary>
    /// Levels of nested expressions, statements and inlined calls. A level takes about 2 KB of stack, and the smallest default stack is 1 MB.
    /// </summary>
    public const int Depth = 160;

    /// <summary>Inlined calls inside each other.</summary>
    public const int Calls = 64;

    /// <summary>Operations of a model after methods are inlined and loops are unrolled. 256 experts of 12 operations are 3,072.</summary>
    public const int Operations = 6_000;

    /// <summary>Expressions of a method after its loops are unrolled, and expressions of a model after methods are inlined.</summary>
    public const int Expressions = 20 * Operations;

    /// <summary>Nodes of a graph during the passes, which repeat values that cost nothing at run time.</summary>
    public const int Nodes = 20 * Operations;

    /// <summary>Parts of one expression of numbers that a checkpoint decides, such as a score or a condition.</summary>
    public const int ExpressionParts = 512;

    /// <summary>Operations in one kernel. A longer chain becomes several kernels.</summary>
    public const int FusedOperations = 128;

    /// <summary>Classes that extend each other.</summary>
    public const int Bases = 32;

    /// <summary>Characters of a size when it is multiplied out.</summary>
    public const int SizeLength = 8_192;

    /// <summary>Parentheses, signs and divisions inside each other in a size, and dims whose defaults name each other.</summary>
    public const int SizeDepth = 64;

    /// <summary>Names in the checkpoint that one weight can have.</summary>
    public const int WeightNames = 64;
}
