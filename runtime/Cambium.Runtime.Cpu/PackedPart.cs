using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// The panels of one weight [outputs, inputs] in memory, all in one format. Outputs of different panels may be packed by several threads.
/// </summary>
internal sealed unsafe class PackedPart : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly int _inputs;
    private readonly int _panel;

    /// <param name="format">The format.</param>
    /// <param name="inputs">Length of an input row.</param>
    /// <param name="panel">Outputs of a panel.</param>
    /// <param name="panels">Panels.</param>
    /// <param name="cancellation">Ends the allocation.</param>
    /// <exception cref="InsufficientMemoryException">More than is free.</exception>
    public PackedPart(WeightFormat format, int inputs, int panel, long panels, CancellationToken cancellation)
    {
        (Format, _inputs, _panel) = (format, inputs, panel);
        PanelBytes = format.PanelBytes(inputs, panel);
        if ((Int128)PanelBytes * panels > long.MaxValue / 2)
            throw new InsufficientMemoryException($"{panels} panels of {PanelBytes} bytes do not fit into any memory.");
        _buffer = new NativeBuffer(((PanelBytes * panels) + sizeof(float) - 1) / sizeof(float), cancellation: cancellation);
    }

    /// <summary>The format of all weights.</summary>
    public WeightFormat Format { get; }

    /// <summary>Bytes from one panel to the next.</summary>
    public long PanelBytes { get; }

    /// <summary>Bytes of all panels.</summary>
    public long Bytes => _buffer.Floats * sizeof(float);

    /// <summary>The first byte of a panel.</summary>
    public byte* Panel(nint index) => (byte*)_buffer.Pointer + (index * (nint)PanelBytes);

    /// <summary>Packs one output's f32 weights; rounds them to the format.</summary>
    public void Pack(nint panel, int lane, ReadOnlySpan<float> row)
    {
        var start = Panel(panel);
        switch (Format.Kind)
        {
            case WeightKind.F32:
                var floats = (float*)start + lane;
                for (var k = 0; k < row.Length; k++)
                    floats[(nint)k * _panel] = row[k];
                return;
            case WeightKind.BF16:
                var halves = (ushort*)start + lane;
                for (var k = 0; k < row.Length; k++)
                    halves[(nint)k * _panel] = FloatConversion.ToBFloat16(row[k]);
                return;
            case WeightKind.Quantized when Format.Rounding is { } round:
                var numbers = stackalloc sbyte[QuantizedLayout.Unit];
                for (var k = 0; k < row.Length; k += QuantizedLayout.Unit)
                {
                    var group = row[k..Math.Min(row.Length, k + QuantizedLayout.Unit)];
                    new Span<sbyte>(numbers, QuantizedLayout.Unit).Clear();
                    var scale = round(group, new Span<sbyte>(numbers, QuantizedLayout.Unit));
                    var codes = (byte*)numbers;
                    for (var i = 0; i < QuantizedLayout.Unit; i++)
                        codes[i] = (byte)(numbers[i] + Format.Layout!.Zero);
                    Format.Layout!.Pack(start, _panel, lane, k / QuantizedLayout.Unit, codes, scale, 0, null, null);
                }

                return;
            default:
                throw new InvalidOperationException($"f32 weights are not rounded to {Format.Name}.");
        }
    }

    /// <summary>Packs one output's weights as a file stores them, in the type of the format.</summary>
    public void PackStored(nint panel, int lane, byte* row)
    {
        var start = Panel(panel);
        switch (Format.Kind)
        {
            case WeightKind.BF16 or WeightKind.F16:
                var halves = (ushort*)start + lane;
                for (var k = 0; k < _inputs; k++)
                    halves[(nint)k * _panel] = ((ushort*)row)[k];
                return;
            case WeightKind.Quantized when Format.Blocks is { } blocks:
                var layout = Format.Layout!;
                var codes = stackalloc byte[layout.Block];
                var scales = stackalloc sbyte[BlockFormat.MaxSubBlocks];
                var minimums = stackalloc byte[BlockFormat.MaxSubBlocks];
                for (var block = 0; block < _inputs / layout.Block; block++, row += blocks.Bytes)
                {
                    blocks.Decode(row, codes, scales, minimums, out var scale, out var minimum);
                    layout.Pack(start, _panel, lane, block, codes, scale, minimum, scales, minimums);
                }

                return;
            default:
                throw new InvalidOperationException($"{Format.Name} has no stored form.");
        }
    }

    /// <summary>Unpacks one output's weights.</summary>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="lane">The output.</param>
    /// <param name="target">[inputs]</param>
    public void CopyRow(nint panel, int lane, float* target)
    {
        var start = Panel(panel);
        switch (Format.Kind)
        {
            case WeightKind.F32:
                for (var k = 0; k < _inputs; k++)
                    target[k] = ((float*)start)[((nint)k * _panel) + lane];
                return;
            case WeightKind.BF16:
                for (var k = 0; k < _inputs; k++)
                    target[k] = BitConverter.UInt32BitsToSingle((uint)((ushort*)start)[((nint)k * _panel) + lane] << 16);
                return;
            case WeightKind.F16:
                for (var k = 0; k < _inputs; k++)
                    target[k] = (float)((Half*)start)[((nint)k * _panel) + lane];
                return;
            default:
                Format.Layout!.CopyRow(start, _panel, lane, _inputs, target);
                return;
        }
    }

    /// <summary>A block of a panel as floats.</summary>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="k">First input; the first of a unit in quantized formats.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="scratch">[depth, panel] floats, and an <see cref="UnpackedPanel"/> for quantized formats.</param>
    /// <returns>[depth, panel]</returns>
    public float* Block<V>(nint panel, int k, int depth, float* scratch)
        where V : unmanaged, ILanes<V>
    {
        var start = Panel(panel);
        switch (Format.Kind)
        {
            case WeightKind.F32:
                return (float*)start + ((nint)k * _panel);
            case WeightKind.BF16:
                StoredPanel.Widen<V, BFloat16Row>(start + ((nint)k * _panel * sizeof(ushort)), depth, scratch);
                return scratch;
            case WeightKind.F16:
                StoredPanel.Widen<V, HalfRow>(start + ((nint)k * _panel * sizeof(ushort)), depth, scratch);
                return scratch;
            default:
                var unpacked = new UnpackedPanel((byte*)(scratch + ((nint)depth * _panel)), _panel);
                Format.Layout!.Unpack<V>(start, k / QuantizedLayout.Unit, (depth + QuantizedLayout.Unit - 1) / QuantizedLayout.Unit, ref unpacked);
                Format.Layout.Widen<V>(unpacked, depth, scratch);
                return scratch;
        }
    }

    /// <summary>One row times a block of a panel of 16-bit weights, widened in registers: the chains that a widened block gives.</summary>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="k">First input.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="a">[depth] the row.</param>
    /// <param name="output">[panel] the results of the chains.</param>
    /// <param name="goesOn">Whether the chains continue from <paramref name="output"/> instead of 0.</param>
    public void MultiplyRow<V>(nint panel, int k, int depth, float* a, float* output, bool goesOn)
        where V : unmanaged, ILanes<V>
    {
        var start = Panel(panel) + ((nint)k * _panel * sizeof(ushort));
        if (Format.Kind == WeightKind.BF16)
            StoredPanel.Multiply<V, BFloat16Row>(start, depth, a, output, goesOn);
        else
            StoredPanel.Multiply<V, HalfRow>(start, depth, a, output, goesOn);
    }

    public void Dispose() => _buffer.Dispose();
}
