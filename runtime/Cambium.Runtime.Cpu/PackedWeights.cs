using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

/// <summary>A slice of outputs that one case of an epilogue handles.</summary>
/// <param name="Outputs">Columns of each part.</param>
/// <param name="GroupWidth">
/// Columns that the epilogue gets at once, such as the head size; 0 lets the kernel choose. The last group may be narrower.
/// </param>
/// <param name="Parts">Weights of shape [Outputs, inputs] whose columns the epilogue gets together: 2 for gate and up.</param>
public readonly record struct WeightSegment(int Outputs, int GroupWidth, int Parts);

/// <summary>
/// Weights of one product, or of several that read the same input, in the order that the kernel streams them: for each segment, group and part the
/// panels <c>[inputs][panel width]</c>, lanes over outputs, the last panel of a group padded with zeros. bf16 and quantized weights are widened block
/// by block when a product reads them: the result has the bits of f32 weights with the same values.
/// </summary>
public sealed unsafe partial class PackedWeights : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly NativeBuffer? _scales;
    private readonly int _scaleGroups;
    private readonly Segment[] _segments;

    /// <param name="storage">The storage type; weights are rounded when they are packed.</param>
    /// <param name="inputs">Columns of every weight: the length of an input row.</param>
    /// <param name="segments">Segments in the order of their numbers.</param>
    public PackedWeights(WeightStorage storage, int inputs, params ReadOnlySpan<WeightSegment> segments)
        : this(storage, inputs, Simd.PanelWidth, segments)
    {
    }

    /// <param name="reader">The checkpoint that is read; its cancellation ends the allocation.</param>
    /// <inheritdoc cref="PackedWeights(WeightStorage, int, ReadOnlySpan{WeightSegment})"/>
    /// <exception cref="InsufficientMemoryException">More than is free.</exception>
    public PackedWeights(CheckpointReader reader, WeightStorage storage, int inputs, params ReadOnlySpan<WeightSegment> segments)
        : this(storage, inputs, Simd.PanelWidth, segments, reader.Cancellation)
    {
    }

    internal PackedWeights(
        WeightStorage storage, int inputs, int panel, ReadOnlySpan<WeightSegment> segments, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Storage = storage;
        Inputs = inputs;
        Panel = panel;
        _segments = new Segment[segments.Length];
        long elements = 0;
        for (var i = 0; i < segments.Length; i++)
        {
            var (outputs, width, parts) = segments[i];
            if (outputs <= 0 || width < 0 || parts <= 0)
            {
                throw new ArgumentException(
                    $"Segment {i} has {outputs} outputs, group width {width} and {parts} parts; "
                    + "outputs and parts must be positive and the width not negative.",
                    nameof(segments));
            }

            // Products and kernels index panels and columns in 32 bits, and elements in 64.
            width = Math.Min(width == 0 ? 2 * panel : width, outputs);
            try
            {
                checked
                {
                    var groups = (outputs + width - 1) / width;
                    var panels = (width + panel - 1) / panel;
                    var lastPanels = (outputs - ((groups - 1) * width) + panel - 1) / panel;
                    _segments[i] = new Segment(outputs, width, parts, groups, panels, TotalGroups, elements);
                    elements += (long)inputs * panel * parts * (((groups - 1L) * panels) + lastPanels);
                    TotalGroups += groups;
                    WidestGroup = Math.Max(WidestGroup, parts * panels * panel);
                }
            }
            catch (OverflowException)
            {
                throw new ArgumentException(
                    $"Segment {i} of {outputs} outputs, group width {width} and {parts} parts, with {inputs} inputs, "
                        + "is larger than 32-bit indices reach.",
                    nameof(segments));
            }
        }

        if (elements > long.MaxValue / 32)
            throw new InsufficientMemoryException($"{elements} weights do not fit into any memory.");
        _buffer = new NativeBuffer(elements * storage.BitsAlone() / 32, cancellation: cancellation);
        if (!storage.HasScales())
            return;
        _scaleGroups = (inputs + WeightStorages.Group - 1) / WeightStorages.Group;
        try
        {
            _scales = new NativeBuffer(elements / inputs * _scaleGroups, cancellation: cancellation);
        }
        catch
        {
            _buffer.Dispose();
            throw;
        }
    }

    /// <summary>The storage type.</summary>
    public WeightStorage Storage { get; }

    /// <summary>Length of an input row.</summary>
    public int Inputs { get; }

    /// <summary>Bytes of packed weights, padding included.</summary>
    public long Bytes => (_buffer.Floats + (_scales?.Floats ?? 0)) * sizeof(float);

    /// <summary>Groups of all segments.</summary>
    internal int TotalGroups { get; }

    /// <summary>Floats of the widest group, all parts and padding included.</summary>
    internal int WidestGroup { get; }

    /// <summary>Floats of a panel's row.</summary>
    internal int Panel { get; }

    /// <summary>Columns of a group of the segment; the last one may have fewer.</summary>
    public int GroupWidth(int segment) => _segments[segment].GroupWidth;

    public int GroupCount(int segment) => _segments[segment].Groups;

    /// <summary>Columns of one group: fewer than <see cref="GroupWidth"/> in a narrower last group.</summary>
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
        for (var r = 0; r < count; r++)
            PackRow(Element(segment, part, firstRow + r), rows.Slice(r * Inputs, Inputs));
    }

    /// <summary>Unpacks one row of one part's weight: as many floats as there are inputs.</summary>
    public void CopyRow(int segment, int part, int row, float* destination)
    {
        CheckRow(segment, part, row, 1);
        var first = Element(segment, part, row);
        switch (Storage)
        {
            case WeightStorage.F32:
                var floats = _buffer.Pointer + first;
                for (var k = 0; k < Inputs; k++)
                    destination[k] = floats[(nint)k * Panel];
                break;
            case WeightStorage.BF16:
                var halves = (ushort*)_buffer.Pointer + first;
                for (var k = 0; k < Inputs; k++)
                    destination[k] = BitConverter.UInt32BitsToSingle((uint)halves[(nint)k * Panel] << 16);
                break;
            case WeightStorage.Int8:
                var bytes = (sbyte*)_buffer.Pointer + first;
                for (var k = 0; k < Inputs; k++)
                    destination[k] = bytes[(nint)k * Panel] * *Scale(first, k);
                break;
            default:
                for (var k = 0; k < Inputs; k++)
                {
                    var two = *Nibbles(first + ((nint)k * Panel), out var isHigh);
                    destination[k] = ((isHigh ? two >> 4 : two & 15) - 8) * *Scale(first, k);
                }

                break;
        }
    }

    public void Dispose()
    {
        _buffer.Dispose();
        _scales?.Dispose();
    }

    /// <summary>A block of a panel as floats.</summary>
    /// <param name="panel">First element of the panel.</param>
    /// <param name="k">First input.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="scratch">[depth, panel width] for weights that are not f32.</param>
    /// <returns>[depth, panel width]</returns>
    internal float* Block<V>(nint panel, int k, int depth, float* scratch)
        where V : unmanaged, ILanes<V>
    {
        var first = panel + ((nint)k * Panel);
        var row = Stored(first);
        var passed = k % WeightStorages.Group;
        switch (Storage)
        {
            case WeightStorage.F32:
                return _buffer.Pointer + first;
            case WeightStorage.BF16:
                StoredPanel.Widen<V, BFloat16Row>(row, null, passed, depth, scratch);
                break;
            case WeightStorage.Int8:
                StoredPanel.Widen<V, Int8Row>(row, Scale(panel, k), passed, depth, scratch);
                break;
            default:
                StoredPanel.Widen<V, Int4Row>(row, Scale(panel, k), passed, depth, scratch);
                break;
        }

        return scratch;
    }

    /// <summary>One row times a block of a panel, widened in registers: the chains of multiply-adds that a widened block gives.</summary>
    /// <param name="panel">First element of the panel.</param>
    /// <param name="k">First input.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="a">[depth] the row.</param>
    /// <param name="output">[panel width] the results of the chains.</param>
    /// <param name="goesOn">Whether the chains continue from <paramref name="output"/> instead of 0.</param>
    internal void MultiplyRow<V>(nint panel, int k, int depth, float* a, float* output, bool goesOn)
        where V : unmanaged, ILanes<V>
    {
        var row = Stored(panel + ((nint)k * Panel));
        var passed = k % WeightStorages.Group;
        switch (Storage)
        {
            case WeightStorage.BF16:
                StoredPanel.Multiply<V, BFloat16Row>(row, null, passed, depth, a, output, goesOn);
                break;
            case WeightStorage.Int8:
                StoredPanel.Multiply<V, Int8Row>(row, Scale(panel, k), passed, depth, a, output, goesOn);
                break;
            case WeightStorage.Int4:
                StoredPanel.Multiply<V, Int4Row>(row, Scale(panel, k), passed, depth, a, output, goesOn);
                break;
            default:
                throw new InvalidOperationException("f32 weights are multiplied without widening.");
        }
    }

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

    private void PackRow(nint first, ReadOnlySpan<float> row)
    {
        switch (Storage)
        {
            case WeightStorage.F32:
                var floats = _buffer.Pointer + first;
                for (var k = 0; k < row.Length; k++)
                    floats[(nint)k * Panel] = row[k];
                return;
            case WeightStorage.BF16:
                var halves = (ushort*)_buffer.Pointer + first;
                for (var k = 0; k < row.Length; k++)
                    halves[(nint)k * Panel] = FloatConversion.ToBFloat16(row[k]);
                return;
        }

        Span<sbyte> numbers = stackalloc sbyte[WeightStorages.Group];
        for (var k = 0; k < row.Length; k += WeightStorages.Group)
        {
            var group = row[k..Math.Min(row.Length, k + WeightStorages.Group)];
            *Scale(first, k) = Storage == WeightStorage.Int8 ? Quantization.ToInt8(group, numbers) : Quantization.ToInt4(group, numbers);
            for (var i = 0; i < group.Length; i++)
            {
                var element = first + ((nint)(k + i) * Panel);
                if (Storage == WeightStorage.Int8)
                {
                    ((sbyte*)_buffer.Pointer)[element] = numbers[i];
                    continue;
                }

                var two = Nibbles(element, out var isHigh);
                *two = (byte)(isHigh ? (*two & 15) | ((numbers[i] + 8) << 4) : (*two & 0xF0) | (numbers[i] + 8));
            }
        }
    }

    // The first weight of a panel's row.
    private byte* Stored(nint element) => (byte*)_buffer.Pointer + (element * Storage.BitsAlone() / 8);

    // The second half of a panel's row is stored in the high bits of the bytes of the first half.
    private byte* Nibbles(nint element, out bool isHigh)
    {
        var column = element % Panel;
        isHigh = column >= Panel / 2;
        return Stored(element - column) + (column % (Panel / 2));
    }

    private float* Scale(nint element, int k) =>
        _scales!.Pointer + ((((element / ((nint)Inputs * Panel)) * _scaleGroups) + (k / WeightStorages.Group)) * Panel) + (element % Panel);

    // The place of a row's weight of input 0; the others follow at distances of Panel elements.
    private nint Element(int segment, int part, int row)
    {
        ref readonly var s = ref _segments[segment];
        var group = row / s.GroupWidth;
        var column = row - (group * s.GroupWidth);
        var panel = (part * Panels(s, group)) + (column / Panel);
        return GroupStart(s, group) + ((nint)panel * Inputs * Panel) + (column % Panel);
    }

    private nint GroupStart(in Segment s, int group) => (nint)s.Start + ((nint)group * s.Parts * s.PanelsPerGroup * Inputs * Panel);

    private int Panels(in Segment s, int group) =>
        group + 1 < s.Groups ? s.PanelsPerGroup : (s.Outputs - (group * s.GroupWidth) + Panel - 1) / Panel;

    private void CheckRow(int segment, int part, int row, int count)
    {
        ref readonly var s = ref _segments[segment];
        if ((uint)part >= (uint)s.Parts)
            throw new ArgumentOutOfRangeException(nameof(part), part, $"Segment {segment} has {s.Parts} parts.");
        if (row < 0 || row > s.Outputs - count)
            throw new ArgumentOutOfRangeException(
                nameof(row), row, $"Rows {row} to {row + count} are outside segment {segment}'s {s.Outputs} outputs.");
    }

    private readonly record struct Segment(int Outputs, int GroupWidth, int Parts, int Groups, int PanelsPerGroup, int FirstGroup, long Start);
}

/// <summary>The place of one group's panels.</summary>
internal readonly struct GroupView(int segment, int group, int parts, int panels, nint start)
{
    public readonly int Segment = segment;
    public readonly int Group = group;
    public readonly int Parts = parts;

    /// <summary>Panels of one part.</summary>
    public readonly int Panels = panels;

    /// <summary>First element of the first part's first panel; the others follow.</summary>
    public readonly nint Start = start;
}
