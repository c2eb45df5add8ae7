namespace Cambium.Text.Templates;

/// <summary>Attributes, indices, slices, <c>in</c> and iteration.</summary>
internal static class Access
{
    public static object? Field(object? target, string field)
    {
        switch (target)
        {
            case Undefined undefined:
                throw new TemplateError(undefined.Problem);
            case PyNamespace space:
                return space.Fields.TryGetValue(field, out object? own) ? own : Nothing(target, field);
            case PyObject known:
                return known.TryGet(field, out object? value) ? value : Nothing(target, field);
        }

        if (Methods.Find(target, field) is { } method)
            return method;
        return target is PyDict dict && dict.TryGet(field, out object? item) ? item : Nothing(target, field);
    }

    public static object? Index(TemplateRun run, object? target, object? index)
    {
        switch (target)
        {
            case Undefined undefined:
                throw new TemplateError(undefined.Problem);
            case PyDict dict when index is not (PyList or PyDict or Undefined) && dict.TryGet(index, out object? value):
                return value;
            case PyList list and not PyView when index is long or bool:
                return At(list.Items, index, out object? item) ? item : Nothing(target, index);
            case string text when index is long or bool:
                if (!PythonText.HasSurrogates(text))
                    return Place(index, text.Length) is >= 0 and var place ? text[place].ToString() : Nothing(target, index);
                run.Grow(text.Length);
                return At(PythonText.Characters(text).ConvertAll(static c => (object?)c), index, out object? character)
                    ? character
                    : Nothing(target, index);
            default:
                return index is string field ? Field(target, field) : Nothing(target, index);
        }
    }

    public static object? Slice(TemplateRun run, object? target, object? from, object? to, object? step)
    {
        long stride = step is null ? 1 : Bound(step);
        if (stride == 0)
            throw new TemplateError("the step of a slice is zero");
        switch (target)
        {
            case string text when !PythonText.HasSurrogates(text):
                run.Grow(text.Length);
                return string.Concat(Places(text.Length, from, to, stride).Select(i => text[i]));
            case string text:
                run.Grow(text.Length);
                List<string> characters = PythonText.Characters(text);
                return string.Concat(Places(characters.Count, from, to, stride).Select(i => characters[i]));
            case PyList list and not PyView:
                run.Grow(list.Items.Count);
                List<object?> items = [.. Places(list.Items.Count, from, to, stride).Select(i => list.Items[i])];
                return list is PyTuple ? new PyTuple(items) : new PyList(items);
            default:
                throw new TemplateError($"{ValueRules.TypeName(target)} has no slices");
        }
    }

    public static bool Contains(TemplateRun run, object? container, object? item)
    {
        switch (container)
        {
            case string text:
                run.Step(1 + (text.Length / 16));
                return item is string part
                    ? text.Contains(part, StringComparison.Ordinal)
                    : throw new TemplateError($"'in' looks for a string in a string, not for {Described(item)}");
            case PyDict dict:
                return dict.TryGet(ValueRules.Key(item), out _);
            case null or bool or long or double:
                throw new TemplateError($"'in' looks into a list, a dict or a string, not into {ValueRules.TypeName(container)}");
            default:
                return Items(run, container).Exists(candidate => ValueRules.AreEqual(candidate, item));
        }
    }

    /// <summary>The items that a loop over a value visits.</summary>
    public static List<object?> Items(TemplateRun run, object? value)
    {
        List<object?> items = value switch
        {
            PyList list => list.Items,
            PyIterator iterator => iterator.Take(),
            PyDict dict => [.. dict.Keys],
            string text => PythonText.Characters(text).ConvertAll(static c => (object?)c),
            Undefined => [],
            _ => throw new TemplateError($"{ValueRules.TypeName(value)} has no items"),
        };
        run.Step(items.Count);
        return items;
    }

    public static long Length(object? value) => value switch
    {
        string text => PythonText.Length(text),
        PyList list => list.Items.Count,
        PyDict dict => dict.Count,
        Undefined => 0,
        _ => throw new TemplateError($"{ValueRules.TypeName(value)} has no length"),
    };

    private static string Described(object? value) =>
        value is Undefined undefined ? $"an undefined value ({undefined.Problem})" : ValueRules.TypeName(value);

    private static Undefined Nothing(object? target, object? field) =>
        new(field is string name ? $"{ValueRules.TypeName(target)} has no '{name}'" : $"{ValueRules.TypeName(target)} has nothing at this index");

    private static bool At(List<object?> items, object? index, out object? item)
    {
        int place = Place(index, items.Count);
        item = place >= 0 ? items[place] : null;
        return place >= 0;
    }

    private static int Place(object? index, int count)
    {
        long place = (long)ValueRules.ToInteger(index);
        if (place < 0)
            place += count;
        return place >= 0 && place < count ? (int)place : -1;
    }

    private static long Bound(object? value) => value switch
    {
        long number => Math.Clamp(number, -int.MaxValue, int.MaxValue),
        bool flag => flag ? 1 : 0,
        _ => throw new TemplateError($"a slice takes integers, not {ValueRules.TypeName(value)}"),
    };

    private static IEnumerable<int> Places(int count, object? from, object? to, long step)
    {
        long Clamp(object? bound, long fallback)
        {
            if (bound is null)
                return fallback;
            long place = Bound(bound);
            if (place < 0)
                place += count;
            return step > 0 ? Math.Clamp(place, 0, count) : Math.Clamp(place, -1, count - 1);
        }

        long first = Clamp(from, step > 0 ? 0 : count - 1);
        long end = Clamp(to, step > 0 ? count : -1);
        return step > 0 ? Up(first, end, step) : Down(first, end, step);
    }

    private static IEnumerable<int> Up(long at, long end, long step)
    {
        for (; at < end; at += step)
            yield return (int)at;
    }

    private static IEnumerable<int> Down(long at, long end, long step)
    {
        for (; at > end; at += step)
            yield return (int)at;
    }
}
