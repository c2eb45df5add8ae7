using System.Buffers;
using System.Runtime.ExceptionServices;
using Cambium.Checkpoints;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Reads one tensor into a part of packed weights. The tensor is cut into items of whole outputs or, if the file has [in, out], of inputs. Threads
/// take them in ascending order. Items write different bytes, so that the result does not depend on the threads. Pages of the file that have been
/// read are dropped.
/// </summary>
internal sealed unsafe class PackedReading
{
    // Many items for many threads. Those of a large tensor have the size of the largest page of a file, because dropping pages interrupts all
    // threads.
    private const int ItemBytes = 512 * 1024;
    private const int LargeItemBytes = 2 * 1024 * 1024;

    // The pages of smaller tensors are dropped at the end.
    private const int LargeTensor = 16 * 1024 * 1024;

    // Inputs that are widened together: whole blocks of every type. 32 outputs take 64 KiB.
    private const int WidenedInputs = 512;

    private readonly PackedWeights _weights;
    private readonly CheckpointReader _reader;
    private readonly string _tensor;
    private readonly StoredTensor _stored;
    private readonly OutputSlice _slice;
    private readonly int _segment;
    private readonly PackedPart _part;
    private readonly bool _isColumns;

    // Elements of the file are packed as they are; otherwise they are widened first.
    private readonly bool _isDirect;
    private readonly int _step;
    private readonly int _items;

    private readonly Lock _failure = new();
    private ExceptionDispatchInfo? _error;
    private volatile int _failed = int.MaxValue;
    private long _bytesDone;

    /// <param name="isColumns">The file has [in, out].</param>
    public PackedReading(
        PackedWeights weights, CheckpointReader reader, string tensor, StoredTensor stored, OutputSlice slice, int segment, int part, bool isColumns)
    {
        (_weights, _reader, _tensor, _stored, _slice, _segment, _isColumns) = (weights, reader, tensor, stored, slice, segment, isColumns);
        var type = stored.Tensor.Type;
        var format = weights.Storage != WeightStorage.Stored ? WeightFormat.Of(weights.Storage)
            // Blocks along the outputs cannot be packed as they are.
            : isColumns && type.Blocks() is not null ? WeightFormat.F32
            : WeightFormat.Of(type);
        _part = weights.Require(segment, part, format);
        _isDirect = format.Kind == WeightKind.F32 ? type == ElementType.F32 : weights.Storage == WeightStorage.Stored;
        var whole = isColumns ? QuantizedLayout.Unit : Math.Max(weights.Panel, stored.PairedRows);
        var itemBytes = stored.Tensor.Bytes < LargeTensor ? ItemBytes : LargeItemBytes;
        _step = (int)Math.Max(1, itemBytes / Math.Max(1, stored.RowBytes) / whole) * whole;
        _items = ((isColumns ? weights.Inputs : slice.Count) + _step - 1) / _step;
    }

    /// <exception cref="CheckpointException">A weight does not fit the format. The first item with an error decides the message.</exception>
    /// <exception cref="OperationCanceledException">By <see cref="LoadOptions.Cancellation"/>.</exception>
    public void Run()
    {
        if (_items > 1 && _reader.Threads > 1)
        {
            _reader.Helper(static threads => new Team(threads)).Run(new Items(this), _items);
        }
        else
        {
            for (var item = 0; item < _items && _error is null; item++)
                Run(item, 0);
        }

        if (_stored.Tensor.Bytes < LargeTensor)
            _stored.Release();
        _error?.Throw();
        Report();
    }

    private void Run(int item, int thread)
    {
        // Earlier items are done even after an error, so that the same one is thrown for any number of threads.
        if (item > _failed)
            return;
        try
        {
            _reader.Cancellation.ThrowIfCancellationRequested();
            var (first, end) = (item * _step, Math.Min((item + 1) * _step, _isColumns ? _weights.Inputs : _slice.Count));
            if (_isColumns)
                PackColumns(first, end);
            else
                PackRows(first, end);
            var bytes = _stored.RowBytes * (end - first);
            if (_isColumns)
                bytes = bytes * _slice.Count / _stored.Tensor.Shape[1];
            Interlocked.Add(ref _bytesDone, bytes);
            // Thread 0 is the one that loads.
            if (thread == 0)
                Report();
        }
        catch (Exception e)
        {
            lock (_failure)
            {
                if (item < _failed)
                    (_failed, _error) = (item, ExceptionDispatchInfo.Capture(e));
            }
        }
    }

    private void Report()
    {
        if (Interlocked.Exchange(ref _bytesDone, 0) is > 0 and var bytes)
            _reader.Advance(_tensor, bytes);
    }

    // Rows of the file are outputs.
    private void PackRows(int first, int end)
    {
        var rows = stackalloc byte*[_weights.Panel];
        byte* lowest = null, highest = null;
        var widened = _isDirect ? null : ArrayPool<float>.Shared.Rent(_weights.Panel * WidenedInputs);
        try
        {
            for (int row = first, lanes; row < end; row += lanes)
            {
                lanes = _weights.Lanes(_segment, row, end, out var panel, out var lane);
                for (var i = 0; i < lanes; i++)
                {
                    var start = rows[i] = _stored.Row(_slice.Row(row + i));
                    lowest = lowest == null || start < lowest ? start : lowest;
                    highest = start > highest ? start : highest;
                }

                if (widened is not null)
                {
                    Widen(panel, lane, lanes, rows, widened);
                    continue;
                }

                for (var i = 0; i < lanes; i++)
                    RequireFiniteHalves(rows[i], _weights.Inputs);
                _part.PackStored(panel, lane, lanes, rows, 0, _weights.Inputs);
            }
        }
        finally
        {
            if (widened is not null)
                ArrayPool<float>.Shared.Return(widened);
        }

        Release(lowest, highest - lowest + _stored.RowBytes);
    }

    private void Widen(nint panel, int lane, int lanes, byte** rows, float[] widened)
    {
        var type = _stored.Tensor.Type;
        var pointers = stackalloc float*[lanes];
        fixed (float* start = widened)
        {
            for (var k = 0; k < _weights.Inputs; k += WidenedInputs)
            {
                var count = Math.Min(WidenedInputs, _weights.Inputs - k);
                for (var i = 0; i < lanes; i++)
                {
                    pointers[i] = start + (i * WidenedInputs);
                    FloatConversion.Widen(type, rows[i] + type.BytesOf(k), pointers[i], count);
                    _reader.RequireFinite(_stored, new ReadOnlySpan<float>(pointers[i], count));
                }

                _part.Pack(panel, lane, lanes, pointers, k, count);
            }
        }
    }

    // Rows of the file are inputs. Squares are turned to rows of outputs, and then packed as others.
    private void PackColumns(int first, int end)
    {
        const int Unit = QuantizedLayout.Unit;
        var width = (int)_stored.Tensor.Shape[1];
        var isHalf = _isDirect && _part.Format.Kind != WeightKind.F32;
        var square = stackalloc float[_weights.Panel * Unit];
        var rows = stackalloc float*[_weights.Panel];
        var line = stackalloc float[_weights.Panel + (2 * BlockFormat.MaxInputs)];
        for (var i = 0; i < _weights.Panel; i++)
            rows[i] = isHalf ? (float*)((ushort*)square + (i * Unit)) : square + (i * Unit);
        var block = _stored.Tensor.Type.Blocks()?.Inputs ?? 1;
        for (var k = first; k < end; k += Unit)
        {
            var depth = Math.Min(Unit, end - k);
            for (var j = 0; j < depth; j++)
                RequireFiniteHalves(_stored.Row(k + j), width);
            for (int row = 0, lanes; row < _slice.Count; row += lanes)
            {
                lanes = _weights.Lanes(_segment, row, _slice.Count, out var panel, out var lane);
                lanes = Math.Min(lanes, _slice.Group - (row % _slice.Group));
                var column = _slice.Row(row);
                if (isHalf)
                {
                    for (var j = 0; j < depth; j++)
                    {
                        var from = (ushort*)_stored.Row(k + j) + column;
                        for (var i = 0; i < lanes; i++)
                            ((ushort*)rows[i])[j] = from[i];
                    }

                    _part.PackStored(panel, lane, lanes, (byte**)rows, k, depth);
                    continue;
                }

                var begin = column / block * block;
                var count = ((column + lanes + block - 1) / block * block) - begin;
                for (var j = 0; j < depth; j++)
                {
                    _stored.Widen(((long)(k + j) * width) + begin, count, line);
                    for (var i = 0; i < lanes; i++)
                        rows[i][j] = line[column - begin + i];
                }

                for (var i = 0; i < lanes; i++)
                    _reader.RequireFinite(_stored, new ReadOnlySpan<float>(rows[i], depth));
                _part.Pack(panel, lane, lanes, rows, k, depth);
            }
        }

        Release(_stored.Row(first), (end - first) * _stored.RowBytes);
    }

    // Kernels widen finite f16 weights only.
    private void RequireFiniteHalves(byte* row, int count)
    {
        if (_isDirect && _part.Format.Kind == WeightKind.F16)
            CheckpointReader.RequireFiniteHalves(_stored, new ReadOnlySpan<ushort>(row, count));
    }

    private void Release(byte* start, long bytes)
    {
        if (_stored.Tensor.Bytes >= LargeTensor)
            _stored.File.Release(start, bytes);
    }

    private readonly struct Items(PackedReading reading) : IWork
    {
        public void Run(int item, int thread) => reading.Run(item, thread);
    }
}
