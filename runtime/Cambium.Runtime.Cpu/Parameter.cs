using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// A tensor while a checkpoint is loaded. Formulas that depend on weights alone are computed with it, once, element by element.
/// Shapes broadcast: they align at their ends, and an axis of 1 repeats.
/// </summary>
public sealed class Parameter
{
    // For smaller arrays the query of free memory would cost more than the allocation.
    private const long AskedAbout = 64 << 20;

    private readonly int[] _shape;
    private readonly float[] _values;

    // Of the reader of its tensors: formulas over large matrices take long.
    private readonly CancellationToken _cancellation;

    /// <param name="shape">Its axes; empty for a number.</param>
    /// <param name="values">The elements in row-major order.</param>
    public Parameter(ReadOnlySpan<int> shape, float[] values)
        : this(shape, values, default)
    {
    }

    private Parameter(ReadOnlySpan<int> shape, float[] values, CancellationToken cancellation)
    {
        if (Count(shape) != values.Length)
            throw new ArgumentException($"{values.Length} values are not [{string.Join(", ", shape.ToArray())}].", nameof(values));
        cancellation.ThrowIfCancellationRequested();
        (_shape, _values, _cancellation) = (shape.ToArray(), values, cancellation);
    }

    private int Last => _shape.Length == 0 ? 1 : _shape[^1];

    /// <summary>Reads a tensor that is an operand of a formula.</summary>
    /// <inheritdoc cref="CheckpointReader.Read(string, ReadOnlySpan{int}, Span{float})"/>
    public static Parameter Read(CheckpointReader reader, string tensor, ReadOnlySpan<int> shape)
    {
        var values = Allocate(Count(shape));
        reader.Read(tensor, shape, values);
        return new Parameter(shape, values, reader.Cancellation);
    }

    /// <summary>Reads a slice of a vector that is an operand of a formula.</summary>
    /// <inheritdoc cref="CheckpointReader.Read(string, ReadOnlySpan{int}, Span{float}, int, int, int, int)"/>
    public static Parameter Read(CheckpointReader reader, string tensor, ReadOnlySpan<int> shape, int begin, int count, int group = 0, int stride = 0)
    {
        var values = Allocate(count);
        reader.Read(tensor, shape, values, begin, count, group, stride);
        return new Parameter([count], values, reader.Cancellation);
    }

    public static Parameter Of(float value) => new([], [value]);

    public static Parameter Zeros(ReadOnlySpan<int> shape) => new(shape, Allocate(Count(shape)));

    /// <summary>0, 1, .. count - 1.</summary>
    public static Parameter Range(int count) => new([count], [.. Enumerable.Range(0, count).Select(static i => (float)i)]);

    public static Parameter Map(Parameter x, Func<float, float> function)
    {
        var values = Allocate(x._values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            x.CheckCancellation(i);
            values[i] = function(x._values[i]);
        }

        return x.With(x._shape, values);
    }

    public static Parameter Map(Parameter a, Parameter b, Func<float, float, float> function)
    {
        int[] shape = Broadcast(a._shape, b._shape);
        var (x, y) = (a.Expand(shape), b.Expand(shape));
        var values = Allocate(x.Length);
        for (var i = 0; i < values.Length; i++)
        {
            a.CheckCancellation(i);
            values[i] = function(x[i], y[i]);
        }

        return a.With(shape, values, b);
    }

    public static Parameter Map(Parameter a, Parameter b, Parameter c, Func<float, float, float, float> function)
    {
        int[] shape = Broadcast(Broadcast(a._shape, b._shape), c._shape);
        var (x, y, z) = (a.Expand(shape), b.Expand(shape), c.Expand(shape));
        var values = Allocate(x.Length);
        for (var i = 0; i < values.Length; i++)
        {
            a.CheckCancellation(i);
            values[i] = function(x[i], y[i], z[i]);
        }

        return a.With(shape, values, b, c);
    }

    /// <summary>Joins along the last axis.</summary>
    public static Parameter Concat(params ReadOnlySpan<Parameter> parts)
    {
        var width = 0;
        foreach (var part in parts)
            width = checked(width + part.Last);
        var values = Allocate((long)(parts[0]._values.Length / parts[0].Last) * width);
        var begin = 0;
        foreach (var part in parts)
        {
            for (var row = 0; row < values.Length / width; row++)
                part._values.AsSpan(row * part.Last, part.Last).CopyTo(values.AsSpan((row * width) + begin));
            begin += part.Last;
        }

        return parts[0].With(parts[0].WithLast(width), values, parts[1..]);
    }

    /// <summary>The sum over the last axis, which becomes 1. It is taken in double precision.</summary>
    public Parameter Sum() => Reduce(0.0, static (sum, value) => sum + value);

    /// <inheritdoc cref="Sum"/>
    public Parameter Mean()
    {
        var last = Last;
        return Map(Sum(), sum => sum / last);
    }

    /// <summary>The maximum over the last axis, which becomes 1.</summary>
    public Parameter MaximumOf() => Reduce(double.NegativeInfinity, static (largest, value) => Math.Max(largest, value));

    public Parameter Reshape(ReadOnlySpan<int> shape) => With(shape, _values);

    /// <summary>A slice of the last axis.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The axis ends before the slice.</exception>
    public Parameter Slice(int begin, int count)
    {
        if (begin < 0 || count < 0 || begin > Last - count)
            throw new ArgumentOutOfRangeException(
                nameof(count),
                $"The model takes {count} from {begin} on of a parameter [{string.Join(", ", _shape)}]; correct the sizes in config.json.");
        var values = Allocate((long)(_values.Length / Last) * count);
        for (var row = 0; row < _values.Length / Last; row++)
            _values.AsSpan((row * Last) + begin, count).CopyTo(values.AsSpan(row * count));
        return With(WithLast(count), values);
    }

    /// <summary>
    /// Matrices times matrices; with axes before the last two on one side only, or the same on both. Sums are taken in double precision.
    /// </summary>
    public Parameter MatMul(Parameter right)
    {
        var (n, k, m) = (_shape[^2], _shape[^1], right._shape[^1]);
        var (mine, theirs) = (_values.Length / (n * k), right._values.Length / (k * m));
        var values = Allocate(checked((long)Math.Max(mine, theirs) * n * m));
        for (var i = 0; i < values.Length; i++)
        {
            CheckCancellation((long)i * k);
            var (matrix, row, column) = (i / (n * m), i / m % n, i % m);
            var sum = 0.0;
            for (var inner = 0; inner < k; inner++)
                sum += (double)_values[((mine == 1 ? 0 : matrix) * n * k) + (row * k) + inner]
                    * right._values[((theirs == 1 ? 0 : matrix) * k * m) + (inner * m) + column];
            values[i] = (float)sum;
        }

        return With([.. _shape.Length > 2 ? _shape[..^2] : right._shape[..^2], n, m], values, right);
    }

    /// <summary>The last two axes exchanged.</summary>
    public Parameter Transpose()
    {
        var (height, width) = (_shape[^2], _shape[^1]);
        var values = Allocate(_values.Length);
        for (var first = 0; first < values.Length; first += height * width)
        {
            CheckCancellation(first);
            for (var row = 0; row < height; row++)
            {
                for (var column = 0; column < width; column++)
                    values[first + (column * height) + row] = _values[first + (row * width) + column];
            }
        }

        int[] shape = [.. _shape];
        (shape[^2], shape[^1]) = (width, height);
        return With(shape, values);
    }

    /// <summary>Writes the elements in row-major order.</summary>
    /// <param name="destination">As long as there are elements.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void CopyTo(Span<float> destination)
    {
        if (destination.Length != _values.Length)
            throw new ArgumentException($"A parameter of {_values.Length} elements does not fill {destination.Length}.", nameof(destination));
        _values.CopyTo(destination);
    }

    /// <summary>Packs a weight [out, in] as a part of packed weights.</summary>
    public void Pack(PackedWeights destination, int segment, int part) => destination.Pack(segment, part, _values, 0);

    private static int Count(ReadOnlySpan<int> shape)
    {
        var count = 1;
        foreach (var size in shape)
            count = checked(count * size);
        return count;
    }

    /// <summary>Elements of a parameter, which is refused with numbers where they do not fit into memory.</summary>
    private static float[] Allocate(long count)
    {
        if (count * sizeof(float) is > AskedAbout and var bytes && FreeMemory.Bytes() is var free && bytes > free)
            throw new InsufficientMemoryException(
                $"A formula of the model needs {FreeMemory.Text(bytes)} at once and {FreeMemory.Text(free)} are available.");
        return new float[count];
    }

    /// <summary>A result of this parameter and others.</summary>
    private Parameter With(ReadOnlySpan<int> shape, float[] values, params ReadOnlySpan<Parameter> others)
    {
        var cancellation = _cancellation;
        foreach (var other in others)
            cancellation = cancellation.CanBeCanceled ? cancellation : other._cancellation;
        return new Parameter(shape, values, cancellation);
    }

    // Asking for every element would cost more than many functions.
    private void CheckCancellation(long element)
    {
        if ((element & 0xFFFF) == 0)
            _cancellation.ThrowIfCancellationRequested();
    }

    private static int[] Broadcast(int[] a, int[] b)
    {
        if (a.Length < b.Length)
            (a, b) = (b, a);
        int[] shape = [.. a];
        for (var axis = 1; axis <= b.Length; axis++)
            shape[^axis] = Math.Max(a[^axis], b[^axis]);
        return shape;
    }

    private int[] WithLast(int size)
    {
        int[] shape = [.. _shape];
        shape[^1] = size;
        return shape;
    }

    private Parameter Reduce(double seed, Func<double, float, double> combine)
    {
        var values = new float[_values.Length / Last];
        for (var row = 0; row < values.Length; row++)
        {
            var result = seed;
            foreach (var value in _values.AsSpan(row * Last, Last))
                result = combine(result, value);
            values[row] = (float)result;
        }

        return With(_shape.Length == 0 ? [] : WithLast(1), values);
    }

    /// <summary>The elements broadcast to a shape.</summary>
    private float[] Expand(int[] shape)
    {
        if (_shape.AsSpan().SequenceEqual(shape))
            return _values;
        var values = Allocate(Count(shape));
        for (var i = 0; i < values.Length; i++)
        {
            CheckCancellation(i);
            var (rest, from, stride) = (i, 0, 1);
            for (var axis = 1; axis <= _shape.Length; axis++)
            {
                if (_shape[^axis] > 1)
                    from += rest % shape[^axis] * stride;
                rest /= shape[^axis];
                stride *= _shape[^axis];
            }

            values[i] = _values[from];
        }

        return values;
    }
}
