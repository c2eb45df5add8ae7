using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// The panels of one weight [outputs, inputs] in memory, all in one format. Different outputs may be packed by several threads. Contents are
/// undefined until then.
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
    /// <exception cref="InsufficientMemoryException">More than is free.</exception>
    public PackedPart(WeightFormat format, int inputs, int panel, long panels)
    {
        (Format, _inputs, _panel) = (format, inputs, panel);
        PanelBytes = format.PanelBytes(inputs, panel);
        if ((Int128)PanelBytes * panels > long.MaxValue / 2)
            throw new InsufficientMemoryException($"{panels} panels of {PanelBytes} bytes do not fit into any memory.");
        _buffer = new NativeBuffer(((PanelBytes * panels) + sizeof(float) - 1) / sizeof(float), isZeroed: false, hasPressure: false);
    }

    /// <summary>The format of all weights.</summary>
    public WeightFormat Format { get; }

    /// <summary>Bytes from one panel to the next.</summary>
    public long PanelBytes { get; }

    /// <summary>Bytes of all panels.</summary>
    public long Bytes => _buffer.Floats * sizeof(float);

    /// <summary>The first byte of a panel.</summary>
    public byte* Panel(nint index) => (byte*)_buffer.Pointer + (index * (nint)PanelBytes);

    /// <summary>Packs f32 weights of consecutive outputs; rounds them to the format.</summary>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="lane">The first output.</param>
    /// <param name="lanes">Outputs.</param>
    /// <param name="rows">[lanes] pointers to the first weight of the slice, without alignment.</param>
    /// <param name="first">First input of the slice, a multiple of <see cref="QuantizedLayout.Unit"/>.</param>
    /// <param name="count">Inputs of the slice: a multiple of <see cref="QuantizedLayout.Unit"/>, or all that follow.</param>
    public void Pack(nint panel, int lane, int lanes, float** rows, int first, int count)
    {
        var start = Panel(panel);
        switch (Format.Kind)
        {
            case WeightKind.F32:
                PanelTranspose.Run(rows, lanes, count, (float*)start + ((nint)first * _panel) + lane, _panel);
                return;
            case WeightKind.BF16:
                Round(rows, lanes, count, (ushort*)start + ((nint)first * _panel) + lane);
                return;
            case WeightKind.Quantized when Format.Rounding is not null:
                for (var i = 0; i < lanes; i++)
                    Round(start, lane + i, rows[i], first / QuantizedLayout.Unit, count);
                return;
            default:
                throw new InvalidOperationException($"f32 weights are not rounded to {Format.Name}.");
        }
    }

    /// <summary>Packs weights of consecutive outputs as a file stores them, in the type of the format.</summary>
    /// <param name="count">Inputs of the slice: all of them for quantized types.</param>
    /// <inheritdoc cref="Pack"/>
    public void PackStored(nint panel, int lane, int lanes, byte** rows, int first, int count)
    {
        var start = Panel(panel);
        switch (Format.Kind)
        {
            case WeightKind.F32:
                PanelTranspose.Run((float**)rows, lanes, count, (float*)start + ((nint)first * _panel) + lane, _panel);
                return;
            case WeightKind.BF16 or WeightKind.F16:
                PanelTranspose.Run((ushort**)rows, lanes, count, (ushort*)start + ((nint)first * _panel) + lane, _panel);
                return;
            case WeightKind.Quantized when Format.Blocks is { } blocks:
                var layout = Format.Layout!;
                var codes = stackalloc byte[layout.Block];
                var scales = stackalloc sbyte[BlockFormat.MaxSubBlocks];
                var minimums = stackalloc byte[BlockFormat.MaxSubBlocks];
                // The rows of the next panel follow these in the file. Blocks of many rows in turn are too many streams for the hardware to foresee.
                var rowBytes = (nint)count / layout.Block * blocks.Bytes;
                // A block of all outputs is consecutive in memory.
                for (var block = 0; block < count / layout.Block; block++)
                {
                    var at = layout.BlockAt(start, _panel, block);
                    for (var i = 0; i < lanes; i++)
                    {
                        var from = rows[i] + ((nint)block * blocks.Bytes);
                        Tile.Prefetch(from + (lanes * rowBytes));
                        blocks.Decode(from, codes, scales, minimums, out var scale, out var minimum);
                        layout.Pack(at, _panel, lane + i, codes, scale, minimum, scales, minimums);
                    }
                }

                return;
            default:
                throw new InvalidOperationException($"{Format.Name} has no stored form.");
        }
    }

    /// <summary>Makes all weights of a panel 0, for outputs that pad it.</summary>
    public void Clear(nint panel) => NativeMemory.Clear(Panel(panel), (nuint)PanelBytes);

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
                    target[k] = BFloat16Format.Read((byte*)((ushort*)start + ((nint)k * _panel) + lane));
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
                Widen<V, BFloat16Format>(start + ((nint)k * _panel * sizeof(ushort)), depth, scratch);
                return scratch;
            case WeightKind.F16:
                Widen<V, HalfFormat>(start + ((nint)k * _panel * sizeof(ushort)), depth, scratch);
                return scratch;
            default:
                var unpacked = new UnpackedPanel((byte*)(scratch + ((nint)depth * _panel)), _panel);
                Format.Layout!.Unpack<V>(start, k / QuantizedLayout.Unit, (depth + QuantizedLayout.Unit - 1) / QuantizedLayout.Unit, ref unpacked);
                Format.Layout.Widen<V>(unpacked, depth, scratch);
                return scratch;
        }
    }

    /// <summary>One row times a panel: the chains that blocks of several rows give.</summary>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="a">[inputs] the row.</param>
    /// <param name="scratch">As in <see cref="Block"/>, for blocks of <see cref="ByteRows.Depth"/>.</param>
    /// <param name="product">[panel] receives it.</param>
    public void MultiplyRow<V>(nint panel, float* a, float* scratch, float* product)
        where V : unmanaged, ILanes<V>
    {
        var output = new Chains(product, _panel, goOn: false);
        switch (Format.Kind)
        {
            case WeightKind.F32:
                Tile.RunRow<V, F32Format, Chains>(a, Panel(panel), _inputs, ref output);
                return;
            case WeightKind.BF16:
                Tile.RunRow<V, BFloat16Format, Chains>(a, Panel(panel), _inputs, ref output);
                return;
            case WeightKind.F16:
                Tile.RunRow<V, HalfFormat, Chains>(a, Panel(panel), _inputs, ref output);
                return;
            default:
                for (var k = 0; k < _inputs; k += ByteRows.Depth)
                {
                    var depth = Math.Min(ByteRows.Depth, _inputs - k);
                    output = new Chains(product, _panel, goOn: k > 0);
                    Tile.RunRow<V, F32Format, Chains>(a + k, (byte*)Block<V>(panel, k, depth, scratch), depth, ref output);
                }

                return;
        }
    }

    public void Dispose() => _buffer.Dispose();

    private static void Widen<V, TFormat>(byte* row, int depth, float* target)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
    {
        for (var end = target + ((nint)depth * 2 * V.Count); target != end; row += V.Count * TFormat.Bytes, target += V.Count)
            V.Store(TFormat.Load<V>(row), target);
    }

    private void Round(float** rows, int lanes, int count, ushort* target)
    {
        const int Slice = 128;
        var rounded = stackalloc ushort[lanes * Slice];
        var pointers = stackalloc ushort*[lanes];
        for (var k = 0; k < count; k += Slice)
        {
            var width = Math.Min(Slice, count - k);
            for (var i = 0; i < lanes; i++)
            {
                pointers[i] = rounded + (i * Slice);
                for (var j = 0; j < width; j++)
                    pointers[i][j] = FloatConversion.ToBFloat16(rows[i][k + j]);
            }

            PanelTranspose.Run(pointers, lanes, width, target + ((nint)k * _panel), _panel);
        }
    }

    private void Round(byte* start, int lane, float* row, int block, int count)
    {
        var numbers = stackalloc sbyte[QuantizedLayout.Unit];
        var codes = (byte*)numbers;
        for (var k = 0; k < count; k += QuantizedLayout.Unit, block++)
        {
            var group = new ReadOnlySpan<float>(row + k, Math.Min(QuantizedLayout.Unit, count - k));
            new Span<sbyte>(numbers, QuantizedLayout.Unit).Clear();
            var scale = Format.Rounding!(group, new Span<sbyte>(numbers, QuantizedLayout.Unit));
            for (var i = 0; i < QuantizedLayout.Unit; i++)
                codes[i] = (byte)(numbers[i] + Format.Layout!.Zero);
            Format.Layout!.Pack(Format.Layout.BlockAt(start, _panel, block), _panel, lane, codes, scale, 0, null, null);
        }
    }
}
