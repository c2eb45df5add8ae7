using Cambium.Compiler.Ops;

namespace Cambium.Compiler.Emit;

/// <summary>How elementwise ops are written: a row for each op of the catalog.</summary>
internal static class OpText
{
    /// <summary>Over a vector of elements.</summary>
    public static string Vector(string op, IReadOnlyList<string> arguments) => op switch
    {
        "add" => $"({arguments[0]} + {arguments[1]})",
        "sub" => $"({arguments[0]} - {arguments[1]})",
        "mul" => $"({arguments[0]} * {arguments[1]})",
        "div" => $"({arguments[0]} / {arguments[1]})",
        "negate" => $"(-{arguments[0]})",
        "square" => $"Cpu.Functions.Square({CSharp.Trim(arguments[0])})",
        "min" => $"V.Min({CSharp.Trim(arguments[0])}, {CSharp.Trim(arguments[1])})",
        "max" => $"V.Max({CSharp.Trim(arguments[0])}, {CSharp.Trim(arguments[1])})",
        "abs" => $"V.Abs({CSharp.Trim(arguments[0])})",
        "sqrt" => $"V.Sqrt({CSharp.Trim(arguments[0])})",
        _ => $"Cpu.Functions.{OpCatalog.Get(op).Method}({string.Join(", ", arguments.Select(CSharp.Trim))})",
    };

    /// <summary>Over one float.</summary>
    public static string Scalar(string op, IReadOnlyList<string> arguments) => op switch
    {
        "add" => $"({arguments[0]} + {arguments[1]})",
        "sub" => $"({arguments[0]} - {arguments[1]})",
        "mul" => $"({arguments[0]} * {arguments[1]})",
        "div" => $"({arguments[0]} / {arguments[1]})",
        "negate" => $"(-{arguments[0]})",
        "square" => $"({arguments[0]} * {arguments[0]})",
        "min" => $"float.Min({arguments[0]}, {arguments[1]})",
        "max" => $"float.Max({arguments[0]}, {arguments[1]})",
        "abs" => $"float.Abs({arguments[0]})",
        "sqrt" => $"float.Sqrt({arguments[0]})",
        _ => $"Cpu.Functions.{OpCatalog.Get(op).Method}({string.Join(", ", arguments.Select(CSharp.Trim))})",
    };
}
