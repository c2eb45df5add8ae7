using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Prefixes;

/// <summary>
/// The layout of prefix-tuning in PEFT and in the code of the paper: <c>[rows, 2 * layers, key/value heads, head size]</c>, where slot 2 l has the
/// key of layer l and slot 2 l + 1 its value. Keys lie as in a KV cache, that is after rotary position embedding.
/// </summary>
public static class PeftLayout
{
    /// <summary>Reads keys and values.</summary>
    /// <param name="numbers">[rows, 2 * layers * heads * size]</param>
    /// <param name="rows">Rows.</param>
    /// <param name="sites">The attention sites of the model: one, or one for each layer, of equal sizes.</param>
    /// <exception cref="ArgumentException">The layers differ, or the count of numbers is another one.</exception>
    public static RowData Read(ReadOnlySpan<float> numbers, int rows, IReadOnlyList<CacheSite> sites)
    {
        ArgumentNullException.ThrowIfNull(sites);
        var data = new RowData(sites, rows);
        var slots = SlotsOf(data);
        if (numbers.Length != rows * slots.Width)
            throw new ArgumentException($"{rows} rows of {slots.Width} numbers were expected, and there are {numbers.Length}.", nameof(numbers));
        foreach (var slot in slots.All)
        {
            var at = numbers.Slice((int)slot.At, slot.Size);
            at.CopyTo(slot.IsKey ? data.Key(slot.Site, slot.Layer, slot.Head, slot.Row) : data.Value(slot.Site, slot.Layer, slot.Head, slot.Row));
        }

        return data;
    }

    /// <summary>Writes keys and values.</summary>
    /// <returns>[rows, 2 * layers * heads * size]</returns>
    /// <exception cref="ArgumentException">The layers differ.</exception>
    public static float[] Write(RowData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var slots = SlotsOf(data);
        var numbers = new float[checked(data.Rows * slots.Width)];
        foreach (var slot in slots.All)
        {
            var from = slot.IsKey ? data.Key(slot.Site, slot.Layer, slot.Head, slot.Row) : data.Value(slot.Site, slot.Layer, slot.Head, slot.Row);
            from.CopyTo(numbers.AsSpan((int)slot.At, slot.Size));
        }

        return numbers;
    }

    /// <summary>Layers, key/value heads, and numbers in a key and in a value; null where the layers differ, or keys and values do.</summary>
    internal static (int Layers, int Heads, int Size)? ShapeOf(IReadOnlyList<CacheSite> sites) =>
        sites.Select(static site => (site.KvHeads, site.KeySize, site.ValueSize)).Distinct().ToList() is [var (heads, size, valueSize)]
            && size == valueSize && (sites.Count == 1 || sites.All(static site => site.Layers == 1))
            ? (sites.Sum(static site => site.Layers), heads, size) : null;

    private static (int Width, IEnumerable<Slot> All) SlotsOf(RowData data)
    {
        var (layers, heads, size) = ShapeOf(data.Sites)
            ?? throw new ArgumentException($"PEFT has one shape for all layers, and these differ: {string.Join(", ", data.Sites)}.", nameof(data));
        var width = checked(2 * layers * heads * size);
        var all =
            from layer in Enumerable.Range(0, layers)
            from head in Enumerable.Range(0, heads)
            from row in Enumerable.Range(0, data.Rows)
            from isKey in (bool[])[true, false]
            select new Slot(
                data.Sites.Count == 1 ? 0 : layer, data.Sites.Count == 1 ? layer : 0, head, row, isKey,
                ((long)row * width) + (((((2L * layer) + (isKey ? 0 : 1)) * heads) + head) * size), size);
        return (width, all);
    }

    private readonly record struct Slot(int Site, int Layer, int Head, int Row, bool IsKey, long At, int Size);
}
