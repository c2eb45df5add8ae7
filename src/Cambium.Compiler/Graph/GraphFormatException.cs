namespace Cambium.Compiler.Graph;

/// <summary>A text is not a graph. Line and column count from 1.</summary>
public sealed class GraphFormatException(int line, int column, string found, string expected)
    : FormatException($"line {line}, column {column}: found {found}, expected {expected}")
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
