namespace Cambium.Compiler.Lowering;

/// <summary>Names of tensors in a checkpoint. <c>|</c> separates the names that different exporters use for the same tensor.</summary>
internal static class WeightPath
{
    /// <summary>The number of alternatives.</summary>
    public static int CountOf(string path) => 1 + path.Count(static letter => letter == '|');

    /// <summary>Every name of a block combined with every name inside it, in the author's order of preference.</summary>
    public static string Join(string prefix, string rest) =>
        string.Join("|", prefix.Split('|').SelectMany(before => rest.Split('|').Select(after => before + after)));
}
