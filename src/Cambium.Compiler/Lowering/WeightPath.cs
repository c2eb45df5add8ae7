namespace Cambium.Compiler.Lowering;

/// <summary>Names of tensors in a checkpoint: <c>|</c> separates what different exporters call the same one.</summary>
internal static class WeightPath
{
    /// <summary>Every name of a block with every name of what is in it, in the order of the author's preference.</summary>
    public static string Join(string prefix, string rest) =>
        string.Join("|", prefix.Split('|').SelectMany(before => rest.Split('|').Select(after => before + after)));
}
