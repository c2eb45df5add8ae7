using System.Numerics;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

// A value is null (None), bool, long, BigInteger (only read and written), double, string, or one of these.

/// <summary>The value of a name or field that does not exist: renders as an empty string, any other use is an error.</summary>
/// <param name="Problem">The error.</param>
internal sealed record Undefined(string Problem);

/// <summary>A list; templates cannot change it.</summary>
internal class PyList(List<object?> items)
{
    public List<object?> Items { get; } = items;
}

/// <summary>A tuple: a list in parentheses, which may be a key.</summary>
internal sealed class PyTuple(List<object?> items) : PyList(items);

/// <summary>The keys, values or items of a dict: has a length and can be iterated, but not indexed.</summary>
internal sealed class PyView(List<object?> items) : PyList(items);

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

/// <summary>A dict in insertion order.</summary>
internal sealed class PyDict
{
    private readonly OrderedDictionary<object, object?> _items = new(KeyComparer.Instance);

    public int Count => _items.Count;

    public IEnumerable<object?> Keys => _items.Keys.Select(static key => ReferenceEquals(key, NoneKey) ? null : key);

    public IEnumerable<object?> Values => _items.Values;

    public IEnumerable<(object? Key, object? Value)> Items =>
        _items.Select(static item => (ReferenceEquals(item.Key, NoneKey) ? null : item.Key, item.Value));

    public bool TryGet(object? key, out object? value) => _items.TryGetValue(key ?? NoneKey, out value);

    public void Set(object? key, object? value) => _items[key ?? NoneKey] = value;

    private static readonly object NoneKey = new();

    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        public new bool Equals(object? x, object? y) => ReferenceEquals(x, y) || (x != NoneKey && y != NoneKey && ValueRules.AreEqual(x, y));

        public int GetHashCode(object key) => key switch
        {
            string text => text.GetHashCode(StringComparison.Ordinal),
            bool flag => (flag ? 1L : 0L).GetHashCode(),
            double number when number == Math.Floor(number) && Math.Abs(number) < 1e18 => ((long)number).GetHashCode(),
            PyTuple tuple => tuple.Items.Aggregate(17, (hash, item) => (hash * 31) + (item is null ? 0 : GetHashCode(item))),
            _ => key.GetHashCode(),
        };
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
internal sealed record PyFunction(string Name, Func<Arguments, object?> Call);

/// <summary>An object of the interpreter with fields, such as <c>loop</c>.</summary>
internal abstract class PyObject
{
    public abstract bool TryGet(string field, out object? value);
}

/// <summary>Comparison of values, as Python does it.</summary>
internal static class ValueRules
{
    private const int MaxDepth = 200;

    public static bool IsNumber(object? value) => value is bool or long or double or BigInteger;

    public static double ToDouble(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        BigInteger number => (double)number,
        double number => number,
        _ => throw new TemplateError($"a number is needed, not {TypeName(value)}"),
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        BigInteger number => !number.IsZero,
        string text => text.Length > 0,
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
        string => "a string",
        PyTuple => "a tuple",
        PyView => "a view of a dict",
        PyList => "a list",
        PyIterator => "a generator",
        PyDict => "a dict",
        PyNamespace => "a namespace",
        PyFunction => "a function",
        _ => "an object",
    };

    public static bool AreEqual(object? left, object? right, int depth = 0)
    {
        if (depth > MaxDepth)
            throw new TemplateError($"values are nested more than {MaxDepth} deep");
        if (IsNumber(left) && IsNumber(right))
            return left is not double && right is not double ? ToInteger(left) == ToInteger(right) : ToDouble(left) == ToDouble(right);
        return (left, right) switch
        {
            (null, null) => true,
            (string a, string b) => a == b,
            (Undefined, Undefined) => true,
            (PyList a, PyList b) => a is PyTuple == b is PyTuple && a.Items.Count == b.Items.Count
                && a.Items.Zip(b.Items).All(pair => AreEqual(pair.First, pair.Second, depth + 1)),
            (PyDict a, PyDict b) => a.Count == b.Count
                && a.Items.All(item => b.TryGet(item.Key, out object? other) && AreEqual(item.Value, other, depth + 1)),
            _ => left is not (null or string or PyList or PyDict or Undefined) && !IsNumber(left) && ReferenceEquals(left, right),
        };
    }

    public static BigInteger ToInteger(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        BigInteger number => number,
        _ => throw new TemplateError($"an integer is needed, not {TypeName(value)}"),
    };

    public static int Compare(object? left, object? right, int depth = 0)
    {
        if (depth > MaxDepth)
            throw new TemplateError($"values are nested more than {MaxDepth} deep");
        if (IsNumber(left) && IsNumber(right))
        {
            return left is not double && right is not double
                ? ToInteger(left).CompareTo(ToInteger(right))
                : ToDouble(left).CompareTo(ToDouble(right));
        }

        if (left is string a && right is string b)
            return PythonText.Compare(a, b);
        if (left is PyList x && right is PyList y && x is PyTuple == y is PyTuple)
        {
            for (int i = 0; i < x.Items.Count && i < y.Items.Count; i++)
            {
                if (!AreEqual(x.Items[i], y.Items[i], depth + 1))
                    return Compare(x.Items[i], y.Items[i], depth + 1);
            }

            return x.Items.Count.CompareTo(y.Items.Count);
        }

        throw new TemplateError((left as Undefined ?? right as Undefined)?.Problem ?? $"{TypeName(left)} and {TypeName(right)} have no order");
    }

    /// <summary>Requires a value that may be a key of a dict.</summary>
    public static object? Key(object? value) => value switch
    {
        null or bool or long or double or BigInteger or string => value,
        PyTuple tuple when tuple.Items.TrueForAll(static item => item is null or string || IsNumber(item)) => value,
        Undefined undefined => throw new TemplateError(undefined.Problem),
        _ => throw new TemplateError($"{TypeName(value)} cannot be a key of a dict"),
    };
}

/// <summary>An error at a place that does not know the line; the statement that catches it adds the line.</summary>
internal sealed class TemplateError(string problem) : Exception(problem);
