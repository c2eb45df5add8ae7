using Cambium.Runtime.Loading;

namespace Cambium.Runtime.Cpu;

/// <summary>A slice of outputs that one case of an epilogue handles.</summary>
/// <param name="Outputs">Columns of each part.</param>
/// <param name="GroupWidth">
/// Columns that the epilogue gets at once, such as the head size; 0 lets the kernel choose. The last group may be narrower.
/// </param>
/// <param name="Parts">Weights of shape [Outputs, inputs] whose columns the epilogue gets together: 2 for gate and up.</param>
public readonly record struct WeightSegment(int Outputs, int GroupWidth, int Parts);

/// <summary>
/// Weights of one product, or of several that read the same input, in the order that the kernel streams them: for each segment and part the panels
/// <c>[inputs][panel width]</c> of its groups, lanes over outputs, the last panel of a group padded with zeros. Each part has a format of its own, so
/// that quantized and other weights may meet in one product. 16-bit weights are widened block by block when a product reads them, and so are
/// quantized ones in exact products: the result has the bits of f32 weights with the same values.
/// </summary>
public sealed unsafe partial class PackedWeights : IDisposable
{
    private readonly Segment[] _segments;
    private readonly PackedPart?[] _parts;

    /// <param name="storage">The storage type; weights are rounded when they are packed.</param>
    /// <param name="inputs">Columns of every weight: the length of an input row.</param>
    /// <param name="segments">Segments in the order of their numbers.</param>
    public PackedWeights(WeightStorage storage, int inputs, params ReadOnlySpan<WeightSegment> segments)
        : this(storage, inputs, Simd.PanelWidth, segments)
    {
    }

    /// <param name="reader">The checkpoint that is read: it has the arithmetic of products, and no memory is taken after its cancellation.</param>
    /// <inheritdoc cref="PackedWeights(WeightStorage, int, ReadOnlySpan{WeightSegment})"/>
    /// <exception cref="InsufficientMemoryException">More than is free.</exception>
    public PackedWeights(CheckpointReader reader, WeightStorage storage, int inputs, params ReadOnlySpan<WeightSegment> segments)
        : this(storage, inputs, Simd.PanelWidth, segments, reader.Products, reader.Cancellation)
    {
    }

    internal PackedWeights(
        WeightStorage storage,
        int inputs,
        int panel,
        ReadOnlySpan<WeightSegment> segments,
        WeightProducts products = WeightProducts.Exact,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        cancellation.ThrowIfCancellationRequested();
        (Storage, Products, Inputs, Panel) = (storage, products, inputs, panel);
        _segments = new Segment[segments.Length];
        var parts = 0;
        for (var i = 0; i < segments.Length; i++)
        {
            var (outputs, width, count) = segments[i];
            if (outputs <= 0 || width < 0 || count <= 0)
            {
                throw new ArgumentException(
                    $"Segment {i} has {outputs} outputs, group width {width} and {count} parts; "
                    + "outputs and parts must be positive and the width not negative.",
                    nameof(segments));
            }

            // Products and kernels index panels and columns in 32 bits, and bytes in 64.
            width = Math.Min(width == 0 ? 2 * panel : width, outputs);
            try
            {
                checked
                {
                    var groups = (outputs + width - 1) / width;
                    var panels = (width + panel - 1) / panel;
                    _segments[i] = new Segment(outputs, width, count, groups, panels, TotalGroups, parts);
                    TotalGroups += groups;
                    WidestGroup = Math.Max(WidestGroup, count * panels * panel);
                    parts += count;
                }
            }
            catch (OverflowException)
            {
                throw new ArgumentException(
                    $"Segment {i} of {outputs} outputs, group width {width} and {count} parts, with {inputs} inputs, "
                        + "is larger than 32-bit indices reach.",
                    nameof(segments));
            }
        }

        _parts = new PackedPart?[parts];
        if (storage == WeightStorage.Stored)
            return;
        try
        {
            for (var i = 0; i < segments.Length; i++)
            {
                for (var part = 0; part < segments[i].Parts; part++)
                    Create(i, part, WeightFormat.Of(storage));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The storage type.</summary>
    public WeightStorage Storage { get; }

    /// <summary>The arithmetic of products of quantized weights.</summary>
    public WeightProducts Products { get; }

    /// <summary>Length of an input row.</summary>
    public int Inputs { get; }

    /// <summary>Bytes of packed weights, padding included.</summary>
    public long Bytes => _parts.Sum(static part => part?.Bytes ?? 0);

    /// <summary>Groups of all segments.</summary>
    internal int TotalGroups { get; }

    /// <summary>Floats of the widest group, all parts and padding included.</summary>
    internal int WidestGroup { get; }

    /// <summary>Floats of a panel's row.</summary>
    internal int Panel { get; }

    /// <summary>Whether all parts are f32, which a product reads in place.</summary>
    internal bool IsWide => Array.TrueForAll(_parts, static part => part is null or { Format.Kind: WeightKind.F32 });

    /// <summary>Whether a part is quantized.</summary>
    internal bool HasQuantized => Array.Exists(_parts, static part => part is { Format.Kind: WeightKind.Quantized });

    /// <summary>Whether a part is multiplied in integers.</summary>
    internal bool HasInteger => Products == WeightProducts.Integer && HasQuantized;

    /// <summary>Whether a part is multiplied in f32.</summary>
    internal bool HasFloat =>
        Products == WeightProducts.Exact || Array.Exists(_parts, static part => part is not { Format.Kind: WeightKind.Quantized });

    /// <summary>Columns of a group of the segment; the last one may have fewer.</summary>
    public int GroupWidth(int segment) => _segments[segment].GroupWidth;

    public int GroupCount(int segment) => _segments[segment].Groups;

    /// <summary>Columns of one group: fewer than <see cref="GroupWidth"/> in a narrower last group.</summary>
    public int Columns(int segment, int group)
    {
        ref readonly var s = ref _segments[segment];
        return Math.Min(s.GroupWidth, s.Outputs - (group * s.GroupWidth));
    }

    /// <summary>
    /// Packs a slice of whole rows of one part's [outputs, inputs] weight. Slices may come in any order and from several threads. Rows that are not
    /// packed are undefined.
    /// </summary>
    /// <param name="segment">Segment of the weight.</param>
    /// <param name="part">Part of the segment.</param>
    /// <param name="rows">Whole rows, one after the other.</param>
    /// <param name="firstRow">Index of the first of them.</param>
    public void Pack(int segment, int part, ReadOnlySpan<float> rows, int firstRow)
    {
        var count = rows.Length / Inputs;
        if (count * Inputs != rows.Length)
            throw new ArgumentException($"{rows.Length} floats are not whole rows of {Inputs} inputs.", nameof(rows));
        CheckRow(segment, part, firstRow, count);
        var packed = Require(segment, part, WeightFormat.F32);
        var pointers = stackalloc float*[Panel];
        fixed (float* start = rows)
        {
            for (int row = 0, lanes; row < count; row += lanes)
            {
                lanes = Lanes(segment, firstRow + row, firstRow + count, out var panel, out var lane);
                for (var i = 0; i < lanes; i++)
                    pointers[i] = start + ((nint)(row + i) * Inputs);
                packed.Pack(panel, lane, lanes, pointers, 0, Inputs);
            }
        }
    }

    /// <summary>Packs one row of one part's weight as a file stores it, in the format of the part's first row.</summary>
    internal void PackStored(int segment, int part, WeightFormat format, byte* bytes, int row)
    {
        CheckRow(segment, part, row, 1);
        Require(segment, part, format).PackStored(PanelOf(segment, row, out var lane), lane, 1, &bytes, 0, Inputs);
    }

    /// <summary>Unpacks one row of one part's weight: as many floats as there are inputs.</summary>
    public void CopyRow(int segment, int part, int row, float* destination)
    {
        CheckRow(segment, part, row, 1);
        var panel = PanelOf(segment, row, out var lane);
        Part(segment, part).CopyRow(panel, lane, destination);
    }

    public void Dispose()
    {
        foreach (var part in _parts)
            part?.Dispose();
    }

    /// <summary>Finds a group by its number over all segments.</summary>
    internal GroupView Group(int index)
    {
        var i = 0;
        while (i + 1 < _segments.Length && _segments[i + 1].FirstGroup <= index)
            i++;
        ref readonly var s = ref _segments[i];
        var group = index - s.FirstGroup;
        var panels = group + 1 < s.Groups ? s.PanelsPerGroup : (s.Outputs - (group * s.GroupWidth) + Panel - 1) / Panel;
        return new GroupView(i, group, s.Parts, panels, (nint)group * s.PanelsPerGroup);
    }

    /// <summary>The memory of one part.</summary>
    internal PackedPart Part(int segment, int part) =>
        _parts[_segments[segment].FirstPart + part]
        ?? throw new InvalidOperationException($"Part {part} of segment {segment} has not been packed.");

    /// <summary>Whether a part is multiplied in integers.</summary>
    internal bool IsInteger(PackedPart? part) => Products == WeightProducts.Integer && part is { Format.Kind: WeightKind.Quantized };

    // The format is known when the first rows of the part are read.
    internal PackedPart Require(int segment, int part, WeightFormat format)
    {
        lock (_parts)
            return _parts[_segments[segment].FirstPart + part] ?? Create(segment, part, format);
    }

    private PackedPart Create(int segment, int part, WeightFormat format)
    {
        ref readonly var s = ref _segments[segment];
        var last = (s.Outputs - ((s.Groups - 1) * s.GroupWidth) + Panel - 1) / Panel;
        var created = new PackedPart(format, Inputs, Panel, ((s.Groups - 1L) * s.PanelsPerGroup) + last);
        _parts[s.FirstPart + part] = created;
        // Products read whole panels.
        for (var group = 0; group < s.Groups; group++)
        {
            var columns = Columns(segment, group);
            if (columns % Panel != 0)
                created.Clear(((nint)group * s.PanelsPerGroup) + (columns / Panel));
        }

        return created;
    }

    // Outputs from a row on, before another one, that lie in one panel.
    internal int Lanes(int segment, int row, int end, out nint panel, out int lane)
    {
        panel = PanelOf(segment, row, out lane);
        var width = _segments[segment].GroupWidth;
        return Math.Min(end - row, Math.Min(Panel - lane, width - (row % width)));
    }

    private nint PanelOf(int segment, int row, out int lane)
    {
        ref readonly var s = ref _segments[segment];
        var (group, column) = Math.DivRem(row, s.GroupWidth);
        lane = column % Panel;
        return ((nint)group * s.PanelsPerGroup) + (column / Panel);
    }

    private void CheckRow(int segment, int part, int row, int count)
    {
        ref readonly var s = ref _segments[segment];
        if ((uint)part >= (uint)s.Parts)
            throw new ArgumentOutOfRangeException(nameof(part), part, $"Segment {segment} has {s.Parts} parts.");
        if (row < 0 || row > s.Outputs - count)
            throw new ArgumentOutOfRangeException(
                nameof(row), row, $"Rows {row} to {row + count} are outside segment {segment}'s {s.Outputs} outputs.");
    }

    private readonly record struct Segment(int Outputs, int GroupWidth, int Parts, int Groups, int PanelsPerGroup, int FirstGroup, int FirstPart);
}

/// <summary>The place of one group's panels.</summary>
internal readonly struct GroupView(int segment, int group, int parts, int panels, nint firstPanel)
{
    public readonly int Segment = segment;
    public readonly int Group = group;
    public readonly int Parts = parts;

    /// <summary>Panels of one part.</summary>
    public readonly int Panels = panels;

    /// <summary>Index of the group's first panel in each part.</summary>
    public readonly nint FirstPanel = firstPanel;
}
