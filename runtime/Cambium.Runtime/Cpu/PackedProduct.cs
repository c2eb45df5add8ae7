using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

/// <summary>A run of outputs that one epilogue case handles.</summary>
/// <param name="Outputs">Columns of each part.</param>
/// <param name="GroupWidth">Columns handed to the epilogue at once, such as the head size; 0 lets the kernel choose. The last group may be short.</param>
/// <param name="Parts">Weights of shape [Outputs, inputs] whose columns come to the epilogue side by side: 2 for gate and up.</param>
public readonly record struct ProductSegment(int Outputs, int GroupWidth, int Parts);

/// <summary>
/// Weights of one product, or of several that read the same input, in the order that the kernel streams them: for each segment, group and part
/// the panels <c>[inputs][panel width]</c>, lanes over outputs, the last panel of a group padded with zeros.
/// </summary>
public sealed unsafe class PackedProduct : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly Segment[] _segments;

    /// <param name="inputs">Columns of every weight: the length of an input row.</param>
    /// <param name="segments">Segments in the order of their numbers.</param>
    public PackedProduct(int inputs, params ReadOnlySpan<ProductSegment> segments)
        : this(inputs, Simd.PanelWidth, segments)
    {
    }

    internal PackedProduct(int inputs, int panel, ReadOnlySpan<ProductSegment> segments)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Inputs = inputs;
        Panel = panel;
        _segments = new Segment[segments.Length];
        long floats = 0;
        for (var i = 0; i < segments.Length; i++)
        {
            var (outputs, width, parts) = segments[i];
            if (outputs <= 0 || width < 0 || parts <= 0)
            {
                throw new ArgumentException(
                    $"Segment {i} has {outputs} outputs, group width {width} and {parts} parts; outputs and parts must be positive and the width not negative.",
                    nameof(segments));
            }

            width = Math.Min(width == 0 ? 2 * panel : width, outputs);
            var groups = (outputs + width - 1) / width;
            var panels = (width + panel - 1) / panel;
            var lastPanels = (outputs - ((groups - 1) * width) + panel - 1) / panel;
            _segments[i] = new Segment(outputs, width, parts, groups, panels, TotalGroups, floats);
            floats += (long)inputs * panel * parts * (((groups - 1L) * panels) + lastPanels);
            TotalGroups += groups;
            WidestGroup = Math.Max(WidestGroup, parts * panels * panel);
        }

        _buffer = new NativeBuffer(floats);
    }

    /// <summary>Length of an input row.</summary>
    public int Inputs { get; }

    /// <summary>Bytes of packed weights, padding included.</summary>
    public long Bytes => _buffer.Floats * sizeof(float);

    /// <summary>Groups of all segments.</summary>
    internal int TotalGroups { get; }

    /// <summary>Floats of the widest group, all parts and padding included.</summary>
    internal int WidestGroup { get; }

    /// <summary>Floats of a panel's row.</summary>
    internal int Panel { get; }

    /// <summary>Columns of every group of the segment but perhaps the last.</summary>
    public int GroupWidth(int segment) => _segments[segment].GroupWidth;

    public int GroupCount(int segment) => _segments[segment].Groups;

    /// <summary>Columns of one group: fewer than <see cref="GroupWidth"/> where the last is short.</summary>
    public int Columns(int segment, int group)
    {
        ref readonly var s = ref _segments[segment];
        return Math.Min(s.GroupWidth, s.Outputs - (group * s.GroupWidth));
    }

    /// <summary>Packs a slice of whole rows of one part's [outputs, inputs] weight. Slices may come in any order and from several threads.</summary>
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
        fixed (float* source = rows)
        {
            for (var r = 0; r < count; r++)
            {
                var target = Row(segment, part, firstRow + r);
                var from = source + ((nint)r * Inputs);
                for (var k = 0; k < Inputs; k++)
                    target[(nint)k * Panel] = from[k];
            }
        }
    }

    /// <summary>Unpacks one row of one part's weight: as many floats as there are inputs.</summary>
    public void CopyRow(int segment, int part, int row, float* destination)
    {
        CheckRow(segment, part, row, 1);
        var source = Row(segment, part, row);
        for (var k = 0; k < Inputs; k++)
            destination[k] = source[(nint)k * Panel];
    }

    public void Dispose() => _buffer.Dispose();

    /// <summary>Finds a group by its number over all segments.</summary>
    internal GroupView Group(int index)
    {
        var i = 0;
        while (i + 1 < _segments.Length && _segments[i + 1].FirstGroup <= index)
            i++;
        ref readonly var s = ref _segments[i];
        var group = index - s.FirstGroup;
        var panels = Panels(s, group);
        return new GroupView(i, group, s.Parts, panels, GroupStart(s, group));
    }

    private float* Row(int segment, int part, int row)
    {
        ref readonly var s = ref _segments[segment];
        var group = row / s.GroupWidth;
        var column = row - (group * s.GroupWidth);
        var panel = (part * Panels(s, group)) + (column / Panel);
        return GroupStart(s, group) + ((nint)panel * Inputs * Panel) + (column % Panel);
    }

    private float* GroupStart(in Segment s, int group) => _buffer.Pointer + s.Start + ((nint)group * s.Parts * s.PanelsPerGroup * Inputs * Panel);

    private int Panels(in Segment s, int group) =>
        group + 1 < s.Groups ? s.PanelsPerGroup : (s.Outputs - (group * s.GroupWidth) + Panel - 1) / Panel;

    private void CheckRow(int segment, int part, int row, int count)
    {
        ref readonly var s = ref _segments[segment];
        if ((uint)part >= (uint)s.Parts)
            throw new ArgumentOutOfRangeException(nameof(part), part, $"Segment {segment} has {s.Parts} parts.");
        if (row < 0 || row > s.Outputs - count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"Rows {row} to {row + count} are outside segment {segment}'s {s.Outputs} outputs.");
    }

    private readonly record struct Segment(int Outputs, int GroupWidth, int Parts, int Groups, int PanelsPerGroup, int FirstGroup, long Start);
}

/// <summary>Where one group's panels lie.</summary>
internal readonly unsafe struct GroupView(int segment, int group, int parts, int panels, float* start)
{
    public readonly int Segment = segment;
    public readonly int Group = group;
    public readonly int Parts = parts;

    /// <summary>Panels of one part.</summary>
    public readonly int Panels = panels;

    /// <summary>The first part's first panel; the others follow.</summary>
    public readonly float* Start = start;
}
