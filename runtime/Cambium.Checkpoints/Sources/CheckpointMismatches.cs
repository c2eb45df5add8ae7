using System.Globalization;
using System.Text;

namespace Cambium.Checkpoints;

/// <summary>All differences between a checkpoint and the tensors that a model reads, as one message.</summary>
/// <param name="config">The file that the expected sizes come from.</param>
/// <param name="unread">Names that the model does not read, sorted: not errors, but candidates for a misspelled name.</param>
internal sealed class CheckpointMismatches(string config, IReadOnlyList<string> unread)
{
    private const int LinesOfAKind = 20;

    // The search for the nearest name is quadratic; above this it takes too long.
    private const int NamesToCompare = 20_000;

    public List<(string Name, long[] Shape)> Missing { get; } = [];

    public List<(TensorInfo Found, long[] Shape)> Shapes { get; } = [];

    public List<TensorInfo> Types { get; } = [];

    public int Count => Missing.Count + Shapes.Count + Types.Count;

    public string Text
    {
        get
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"does not fit the class: {Missing.Count} missing, {Shapes.Count} of another shape, ");
            text.Append(CultureInfo.InvariantCulture, $"{Types.Count} of a type that cannot be read, {unread.Count} not read by the class.");
            List(text, "Missing:", Missing, wanted => $"{wanted.Name} {TensorInfo.ShapeToText(wanted.Shape)}{Nearest(wanted.Name)}");
            List(
                text, "Of another shape:", Shapes,
                static pair => $"{pair.Found.Name} has the shape {pair.Found.ShapeText}, expected {TensorInfo.ShapeToText(pair.Shape)}");
            List(
                text, "Of a type that cannot be read:", Types,
                static tensor => $"{tensor.Name} is stored as {tensor.TypeName}, expected {FloatConversion.Supported}");
            List(text, "Not read by the class (not an error):", unread, static name => name);
            return text.Append(CultureInfo.InvariantCulture,
                $"\nThe sizes come from {config}; "
                    + $"weights and configuration belong to different models, or the names of the class are not the checkpoint's").ToString();
        }
    }

    private static void List<T>(StringBuilder text, string heading, IReadOnlyList<T> items, Func<T, string> line)
    {
        if (items.Count == 0)
            return;
        text.Append('\n').Append(heading);
        foreach (var item in items.Take(LinesOfAKind))
            text.Append("\n  ").Append(line(item));
        if (items.Count > LinesOfAKind)
            text.Append(CultureInfo.InvariantCulture, $"\n  .. and {items.Count - LinesOfAKind} more");
    }

    private string Nearest(string name)
    {
        if (unread.Count > NamesToCompare || !unread.Any(MissingTensor.IsComparable))
            return "";
        var (nearest, distance) =
            unread.Where(MissingTensor.IsComparable).Select(candidate => (candidate, MissingTensor.Distance(candidate, name)))
                .MinBy(static pair => pair.Item2);
        return distance <= name.Length / 3 ? $", nearest '{nearest}'" : "";
    }
}
