using System.Numerics;
using System.Runtime.ExceptionServices;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

// A value is null (None), bool, long, BigInteger (only read and written), double, PyText, or one of these.

/// <summary>The value of a name or field that does not exist: renders as an empty string, any other use is an error.</summary>
/// <param name="Problem">The error.</param>
internal sealed record Undefined(string Problem);

/// <summary>A list; templates cannot change it.</summary>
internal class PyList(List<object?> items)
{
    public List<object?> Items { get; } = items;
}

/// <summary>A tuple: a list in parentheses, which may be a key.</summary>
internal class PyTuple(List<object?> items) : PyList(items);

/// <summary>A group of <c>groupby</c>: the tuple of a value and the list of items with this value.</summary>
internal sealed class PyGroup(object? grouper, List<object?> members) : PyTuple([grouper, new PyList(members)])
{
    public List<object?> Members { get; } = members;
}

/// <summary>The keys, values or items of a dict: has a length and can be iterated, but not indexed.</summary>
/// <param name="items">The keys, values, or pairs of both.</param>
/// <param name="name">Python's name of the type.</param>
internal sealed class PyView(List<object?> items, string name) : PyList(items)
{
    public string Name { get; } = name;
}

/// <summary>An arithmetic progression, the value of <c>range</c>.</summary>
internal sealed class PyRange : PyList
{
    public PyRange(long start, long stop, long step)
        : base([])
    {
        (Start, Stop, Step) = (start, stop, step);
        long count = (long)CountOf(start, stop, step);
        for (long i = 0; i < count; i++)
            Items.Add(start + (i * step));
    }

    public long Start { get; }

    public long Stop { get; }

    public long Step { get; }

    public static Int128 CountOf(long start, long stop, long step) => Int128.Max(
        0, step > 0 ? ((Int128)stop - start + step - 1) / step : ((Int128)start - stop - step - 1) / -(Int128)step);
}

/// <summary>A generator, the result of most filters: can be iterated once, has no length or index, and is true even if it is empty.</summary>
internal sealed class PyIterator(List<object?> items)
{
    private readonly Queue<object?> _rest = new(items);

    public List<object?> Take()
    {
        List<object?> rest = [.. _rest];
        _rest.Clear();
        return rest;
    }

    public bool TryTake(out object? item) => _rest.TryDequeue(out item);
}

/// <summary>A dict in insertion order. Its keys are checked by <see cref="ValueRules.Key"/>; texts may also be given as strings.</summary>
internal sealed class PyDict
{
    private readonly OrderedDictionary<object, object?> _items = new(KeyComparer.Instance);

    public int Count => _items.Count;

    public IEnumerable<object?> Keys => _items.Keys.Select(static key => ReferenceEquals(key, NoneKey) ? null : key);

    public IEnumerable<object?> Values => _items.Values;

    public IEnumerable<(object? Key, object? Value)> Items =>
        _items.Select(static item => (ReferenceEquals(item.Key, NoneKey) ? null : item.Key, item.Value));

    public bool TryGet(TemplateRun run, object? key, out object? value)
    {
        run.Step(CostOf(key));
        return _items.TryGetValue(key ?? NoneKey, out value);
    }

    public void Set(TemplateRun run, object? key, object? value)
    {
        run.Step(CostOf(key));
        _items[key ?? NoneKey] = value;
    }

    private static readonly object NoneKey = new();

    // Hashing reads the whole key.
    private static long CostOf(object? key) => key switch
    {
        string text => 1 + (text.Length / 16),
        PyText text => 1 + (text.Length / 16),
        PyTuple tuple => 1 + tuple.Items.Sum(CostOf),
        _ => 1,
    };

    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        public new bool Equals(object? x, object? y)
        {
            if (ReferenceEquals(x, y))
                return true;
            if (TextOf(x) is { } text)
                return text == TextOf(y);
            if (ValueRules.IsNumber(x) && ValueRules.IsNumber(y))
                return ValueRules.AreEqualNumbers(x, y);
            if (x is not PyTuple left || y is not PyTuple right || left.Items.Count != right.Items.Count)
                return false;
            for (int i = 0; i < left.Items.Count; i++)
            {
                if (!Equals(left.Items[i], right.Items[i]))
                    return false;
            }

            return true;
        }

        public int GetHashCode(object key)
        {
            switch (key)
            {
                case string text:
                    return text.GetHashCode(StringComparison.Ordinal);
                case PyText text:
                    return text.Value.GetHashCode(StringComparison.Ordinal);
                case bool flag:
                    return Hash(flag ? 1 : 0);
                case long number:
                    return Hash(number);
                case double number when number == Math.Floor(number) && Math.Abs(number) < 1e18:
                    return Hash((long)number);
                case PyTuple tuple:
                    var hash = new HashCode();
                    foreach (object? item in tuple.Items)
                        hash.Add(item is null ? 0 : GetHashCode(item));
                    return hash.ToHashCode();
                default:
                    return key.GetHashCode();
            }
        }

        // The platform's hash of a number is the XOR of its halves: a template could make thousands of keys with one hash.
        private static int Hash(long number) => HashCode.Combine((int)number, (int)(number >> 32));

        private static string? TextOf(object? key) => key as string ?? (key as PyText)?.Value;
    }
}

/// <summary>An object whose fields a template may set.</summary>
internal sealed class PyNamespace
{
    public Dictionary<string, object?> Fields { get; } = new(StringComparer.Ordinal);
}

/// <summary>A function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Call">The implementation.</param>
internal record PyFunction(string Name, Func<Arguments, object?> Call);

/// <summary>An object of the interpreter with fields, such as <c>loop</c>.</summary>
internal abstract class PyObject
{
    public abstract bool TryGet(string field, out object? value);
}

/// <summary>Comparison of values, as Python does it. Each comparison of two values is a step.</summary>
internal static class ValueRules
{
    public static bool IsNumber(object? value) => value is bool or long or double or BigInteger;

    public static double ToDouble(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        BigInteger number => (double)number,
        double number => number,
        Undefined undefined => throw new TemplateError(undefined.Problem),
        _ => throw new TemplateError($"a number is needed, not {TypeName(value)}"),
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        BigInteger number => !number.IsZero,
        PyText text => text.Length > 0,
        PyList list => list.Items.Count > 0,
        PyDict dict => dict.Count > 0,
        _ => true,
    };

    public static string TypeName(object? value) => value switch
    {
        null => "None",
        Undefined => "an undefined value",
        bool => "a boolean",
        long or BigInteger => "an integer",
        double => "a float",
        PyText => "a string",
        PyTuple => "a tuple",
        PyView => "a view of a dict",
        PyRange => "a range",
        PyList => "a list",
        PyIterator => "a generator",
        PyDict => "a dict",
        PyNamespace => "a namespace",
        PyFunction => "a function",
        _ => "an object",
    };

    public static bool AreEqual(TemplateRun run, object? left, object? right)
    {
        run.Step();
        switch (left, right)
        {
            case (null, null) or (Undefined, Undefined):
                return true;
            case (PyText a, PyText b):
                if (a.Length != b.Length)
                    return false;
                run.Read(a.Value);
                return a.Value == b.Value;
            case (PyList a, PyList b):
                return KindOf(a) == KindOf(b) && a.Items.Count == b.Items.Count && AreEqualLists(run, a.Items, b.Items);
            case (PyDict a, PyDict b):
                return a.Count == b.Count && AreEqualDicts(run, a, b);
        }

        return IsNumber(left) && IsNumber(right)
            ? AreEqualNumbers(left, right)
            : left is not (null or PyText or PyList or PyDict or Undefined) && !IsNumber(left) && ReferenceEquals(left, right);
    }

    public static bool AreEqualNumbers(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => a == b,
        (double a, double b) => a == b,
        _ => !IsNaN(left) && !IsNaN(right) && CompareNumbers(left, right) == 0,
    };

    // An integer is compared with a float exactly: as a float it could be another number.
    private static int CompareNumbers(object? left, object? right) => (left, right) switch
    {
        (double a, double b) => a.CompareTo(b),
        (double a, _) => -CompareToFloat(ToInteger(right), a),
        (_, double b) => CompareToFloat(ToInteger(left), b),
        _ => ToInteger(left).CompareTo(ToInteger(right)),
    };

    private static int CompareToFloat(BigInteger left, double right)
    {
        if (!double.IsFinite(right))
            return right > 0 ? -1 : 1;
        double whole = Math.Floor(right);
        int order = left.CompareTo(new BigInteger(whole));
        return order == 0 && right > whole ? -1 : order;
    }

    private static bool IsNaN(object? value) => value is double.NaN;

    public static BigInteger ToInteger(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        BigInteger number => number,
        Undefined undefined => throw new TemplateError(undefined.Problem),
        _ => throw new TemplateError($"an integer is needed, not {TypeName(value)}"),
    };

    public static int Compare(TemplateRun run, object? left, object? right)
    {
        run.Step();
        if (IsNumber(left) && IsNumber(right))
            return CompareNumbers(left, right);

        if (left is PyText a && right is PyText b)
        {
            run.Step(Math.Min(a.Length, b.Length) / 16);
            return PythonText.Compare(a.Value, b.Value);
        }

        if (left is PyList x and not (PyView or PyRange) && right is PyList y && KindOf(x) == KindOf(y))
        {
            run.Enter();
            int at = 0;
            while (at < x.Items.Count && at < y.Items.Count && IsSame(run, x.Items[at], y.Items[at]))
                at++;
            int order = at < x.Items.Count && at < y.Items.Count
                ? Compare(run, x.Items[at], y.Items[at])
                : x.Items.Count.CompareTo(y.Items.Count);
            run.Leave();
            return order;
        }

        throw new TemplateError((left as Undefined ?? right as Undefined)?.Problem ?? $"{TypeName(left)} and {TypeName(right)} have no order");
    }

    /// <summary>Requires a value that may be a key of a dict.</summary>
    public static object? Key(TemplateRun run, object? value) => IsKey(run, value) ? value
        : value is Undefined undefined ? throw new TemplateError(undefined.Problem)
        : throw new TemplateError($"{TypeName(value)} cannot be a key of a dict");

    public static bool IsKey(TemplateRun run, object? value)
    {
        if (value is not PyTuple tuple)
            return value is null or PyText || IsNumber(value);
        run.Step(tuple.Items.Count / 16);
        return tuple.Items.TrueForAll(static item => item is null or PyText || IsNumber(item));
    }

    /// <summary>
    /// The items of a query that sorts by comparing values. Sorting wraps the errors of a comparison; here they are thrown as they are.
    /// </summary>
    public static List<T> Sorted<T>(IEnumerable<T> query)
    {
        try
        {
            return [.. query];
        }
        catch (InvalidOperationException error) when (error.InnerException is TemplateError or ChatTemplateException or OperationCanceledException)
        {
            ExceptionDispatchInfo.Throw(error.InnerException);
            throw;
        }
    }

    private static Type KindOf(PyList list) => list is PyTuple ? typeof(PyTuple) : list.GetType();

    private static bool AreEqualLists(TemplateRun run, List<object?> left, List<object?> right)
    {
        run.Enter();
        for (int i = 0; i < left.Count; i++)
        {
            if (!IsSame(run, left[i], right[i]))
            {
                run.Leave();
                return false;
            }
        }

        run.Leave();
        return true;
    }

    private static bool AreEqualDicts(TemplateRun run, PyDict left, PyDict right)
    {
        run.Enter();
        foreach ((object? key, object? value) in left.Items)
        {
            if (!right.TryGet(run, key, out object? other) || !IsSame(run, value, other))
            {
                run.Leave();
                return false;
            }
        }

        run.Leave();
        return true;
    }

    // Within lists and dicts an object is equal to itself, without a comparison.
    private static bool IsSame(TemplateRun run, object? left, object? right)
    {
        run.Step();
        return ReferenceEquals(left, right) || AreEqual(run, left, right);
    }
}

/// <summary>An error at a place that does not know the line; the statement that catches it adds the line.</summary>
internal sealed class TemplateError(string problem) : Exception(problem);
