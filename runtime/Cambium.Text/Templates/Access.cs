namespace Cambium.Text.Templates;

/// <summary>Attributes, indices, slices, <c>in</c> and iteration.</summary>
internal static class Access
{
    public static object? Field(TemplateRun run, object? target, string field)
    {
        switch (target)
        {
            case Undefined undefined:
                throw new TemplateError(undefined.Problem);
            case PyNamespace space:
                return space.Fields.TryGetValue(field, out object? own) ? own : Nothing(target, field);
            case PyObject known:
                return known.TryGet(field, out object? value) ? value : Nothing(target, field);
            case PyMacro macro:
                return macro.TryGet(field, out object? part) ? part : Nothing(target, field);
            case PyGroup group when field is "grouper" or "list":
                return group.Items[field == "grouper" ? 0 : 1];
        }

        if (Methods.Find(target, field) is { } method)
            return method;
        return target is PyDict dict && dict.TryGet(run, field, out object? item) ? item : Nothing(target, field);
    }

    public static object? Index(TemplateRun run, object? target, object? index)
    {
        switch (target)
        {
            case Undefined undefined:
                throw new TemplateError(undefined.Problem);
            case PyDict dict when ValueRules.IsKey(run, index) && dict.TryGet(run, index, out object? value):
                return value;
            case PyList list and not PyView when index is long or bool:
                return Place(index, list.Items.Count) is >= 0 and var at ? list.Items[at] : Nothing(target, index);
            case PyText text when index is long or bool:
                // The search for surrogates reads the whole text, many characters at once.
                run.Step(1 + (text.Length / 256));
                if (!PythonText.HasSurrogates(text.Value))
                    return Place(index, text.Length) is >= 0 and var place ? text.Slice(place, 1) : Nothing(target, index);
                List<object?> characters = Characters(run, text);
                return Place(index, characters.Count) is >= 0 and var of ? characters[of] : Nothing(target, index);
            default:
                return index is PyText field ? Field(run, target, Name(run, field)) : Nothing(target, index);
        }
    }

    public static object? Slice(TemplateRun run, object? target, object? from, object? to, object? step)
    {
        long stride = step is null ? 1 : Bound(step);
        if (stride == 0)
            throw new TemplateError("the step of a slice is zero");
        switch (target)
        {
            case PyText text:
                return SliceText(run, text, from, to, stride);
            case PyRange range:
                Places cut = Places.Of(range.Items.Count, from, to, stride);
                run.Step(cut.Count);
                run.Grow(cut.Count);
                return new PyRange(range.Start + (cut.First * range.Step), range.Start + (cut.End * range.Step), stride * range.Step);
            case PyList list and not PyView:
                Places places = Places.Of(list.Items.Count, from, to, stride);
                run.Grow(places.Count);
                var items = new List<object?>();
                for (long i = 0; i < places.Count; i++)
                    items.Add(list.Items[(int)(places.First + (i * stride))]);
                return list is PyTuple ? new PyTuple(items) : new PyList(items);
            default:
                throw new TemplateError($"{ValueRules.TypeName(target)} has no slices");
        }
    }

    public static bool Contains(TemplateRun run, object? container, object? item)
    {
        switch (container)
        {
            case PyText text:
                return item is PyText part
                    ? new TextSearch(run, part.Value).Find(text.Value, 0, text.Length) >= 0
                    : throw new TemplateError($"'in' looks for a string in a string, not for {Described(item)}");
            case PyDict dict:
                return dict.TryGet(run, ValueRules.Key(run, item), out _);
            case null or bool or long or double:
                throw new TemplateError($"'in' looks into a list, a dict or a string, not into {ValueRules.TypeName(container)}");
            default:
                return Items(run, container).Exists(candidate => ReferenceEquals(candidate, item) || ValueRules.AreEqual(run, candidate, item));
        }
    }

    /// <summary>A text as the name of a field, an argument or a filter: names are hashed, which reads the whole text.</summary>
    public static string Name(TemplateRun run, PyText name)
    {
        run.Step(name.Length / 16);
        return name.Value;
    }

    /// <summary>The items that a loop over a value visits.</summary>
    public static List<object?> Items(TemplateRun run, object? value)
    {
        switch (value)
        {
            case PyList list:
                run.Step(list.Items.Count);
                return list.Items;
            case PyIterator iterator:
                List<object?> rest = iterator.Take();
                run.Step(rest.Count);
                return rest;
            case PyDict dict:
                run.Step(dict.Count);
                return [.. dict.Keys];
            case PyText text:
                return Characters(run, text);
            case Undefined:
                return [];
            default:
                throw new TemplateError($"{ValueRules.TypeName(value)} has no items");
        }
    }

    /// <summary>The keys and values of a dict, as tuples.</summary>
    public static List<object?> Pairs(TemplateRun run, PyDict dict)
    {
        run.Step(dict.Count);
        return [.. dict.Items.Select(static item => new PyTuple([item.Key, item.Value]))];
    }

    public static long Length(TemplateRun run, object? value)
    {
        switch (value)
        {
            case PyText text:
                run.Read(text.Value);
                return PythonText.Length(text.Value);
            case PyList list:
                return list.Items.Count;
            case PyDict dict:
                return dict.Count;
            case Undefined:
                return 0;
            default:
                throw new TemplateError($"{ValueRules.TypeName(value)} has no length");
        }
    }

    /// <summary>The code points, each as a text. Each is a step.</summary>
    public static List<object?> Characters(TemplateRun run, PyText text)
    {
        run.Step(text.Length);
        var characters = new List<object?>(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int length = PythonText.LengthAt(text.Value, at);
            characters.Add(text.Slice(at, length));
            at += length;
        }

        return characters;
    }

    private static PyText SliceText(TemplateRun run, PyText text, object? from, object? to, long stride)
    {
        run.Step(1 + (text.Length / 256));
        if (PythonText.HasSurrogates(text.Value))
        {
            List<object?> characters = Characters(run, text);
            Places points = Places.Of(characters.Count, from, to, stride);
            var chosen = new TextBuilder(run);
            for (long i = 0; i < points.Count; i++)
                chosen.Append((PyText)characters[(int)(points.First + (i * stride))]!);
            return chosen.ToText().AsSafe(text.IsSafe);
        }

        Places places = Places.Of(text.Length, from, to, stride);
        run.Grow(places.Count);
        if (places.Count <= 0)
            return PyText.Empty;
        if (stride == 1)
            return text.Slice((int)places.First, (int)places.Count);
        var result = new TextBuilder(run);
        for (long i = 0; i < places.Count; i++)
            result.Append(text, (int)(places.First + (i * stride)), 1);
        return result.ToText().AsSafe(text.IsSafe);
    }

    private static string Described(object? value) =>
        value is Undefined undefined ? $"an undefined value ({undefined.Problem})" : ValueRules.TypeName(value);

    private static Undefined Nothing(object? target, string field) => new($"{ValueRules.TypeName(target)} has no '{Excerpt.Of(field)}'");

    private static Undefined Nothing(object? target, object? index) =>
        index is PyText name ? Nothing(target, name.Value) : new Undefined($"{ValueRules.TypeName(target)} has nothing at this index");

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

    /// <summary>The indices of a slice: from the first one, in steps, up to the end, which is not among them.</summary>
    private readonly record struct Places(long First, long End, long Count)
    {
        public static Places Of(int count, object? from, object? to, long step)
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
            return new Places(first, end, (long)PyRange.CountOf(first, end, step));
        }
    }
}
