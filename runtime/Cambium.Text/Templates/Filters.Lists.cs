using System.Globalization;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

internal static partial class Filters
{
    private static object? First(TemplateRun run, object? value, Arguments given)
    {
        given.Bind("first");
        if (value is PyIterator iterator)
            return iterator.TryTake(out object? item) ? item : new Undefined("the value is empty: it has no first item");
        return Access.Items(run, value) is [var first, ..] ? first : new Undefined("the value is empty: it has no first item");
    }

    private static object? Last(TemplateRun run, object? value, Arguments given)
    {
        given.Bind("last");
        if (value is PyIterator)
            throw new TemplateError("a generator has no last item; make a list of it");
        return Access.Items(run, value) is [.., var last] ? last : new Undefined("the value is empty: it has no last item");
    }

    private static PyText Join(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("join", "d", "attribute");
        PyText separator = bound[0] == Arguments.Missing ? PyText.Empty : ValueText.Of(run, bound[0]);
        bool hasField = bound[1] != Arguments.Missing && bound[1] is not null;
        List<object?> items = Access.Items(run, value);
        var joined = new TextBuilder(run);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                joined.Append(separator);
            joined.Append(ValueText.Of(run, hasField ? Field(run, items[i], bound[1]) : items[i]));
        }

        return joined.ToText();
    }

    private static PyIterator Items(TemplateRun run, object? value, Arguments given)
    {
        given.Bind("items");
        return value switch
        {
            Undefined => new PyIterator([]),
            PyDict dict => Walked(run, Access.Pairs(run, dict)),
            _ => throw new TemplateError($"items takes a dict, not {ValueRules.TypeName(value)}"),
        };
    }

    private static PyIterator Map(TemplateRun run, object? value, Arguments given)
    {
        // As in Jinja, a value that is false has no items, even if it is a number.
        if (!ValueRules.IsTrue(value))
            return new PyIterator([]);
        List<object?> items = Access.Items(run, value);
        if (given.Positional.Count == 0)
        {
            object?[] bound = given.Bind("map", "attribute", "default");
            object? field = Arguments.Required(bound[0], "map", "attribute");
            return Walked(run, items.ConvertAll(item =>
                Field(run, item, field) is var found && found is Undefined && bound[1] != Arguments.Missing ? bound[1] : found));
        }

        string name = Access.Name(run, Arguments.Text(given.Positional[0], "map"));
        if (!All.TryGetValue(name, out Filter? filter))
            throw new TemplateError($"the filter '{Excerpt.Of(name)}' is not supported");
        List<object?> rest = given.Positional[1..];
        return Walked(run, items.ConvertAll(item =>
        {
            // Filters such as replace change the list of their arguments.
            run.Step(1 + rest.Count);
            return filter(run, item, new Arguments(run, [.. rest], given.Named));
        }));
    }

    private static PyIterator Select(TemplateRun run, object? value, Arguments given, bool keeps, bool byField)
    {
        if (!ValueRules.IsTrue(value))
            return new PyIterator([]);
        List<object?> rest = [.. given.Positional];
        object? field = Arguments.Missing;
        if (byField)
        {
            field = rest.Count > 0 ? rest[0] : throw new TemplateError("the name of a field is missing");
            rest.RemoveAt(0);
        }

        Tests.Test? test = null;
        if (rest.Count > 0)
        {
            string name = Access.Name(run, Arguments.Text(rest[0], "select"));
            if (!Tests.All.TryGetValue(name, out test))
                throw new TemplateError($"the test '{Excerpt.Of(name)}' is not supported");
            rest.RemoveAt(0);
        }

        bool Holds(object? item)
        {
            run.Step();
            object? tested = byField ? Field(run, item, field) : item;
            return test is null ? ValueRules.IsTrue(tested) : test(run, tested, new Arguments(run, rest, given.Named));
        }

        return Walked(run, Access.Items(run, value).FindAll(item => Holds(item) == keeps));
    }

    private static PyList Sort(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("sort", "reverse", "case_sensitive", "attribute");
        Func<object?, object?> key = SortKey(run, bound[2], Arguments.Flag(bound[1], false));
        List<object?> items = Access.Items(run, value);
        return run.Grown(Ordered(run, items, key, Arguments.Flag(bound[0], false)));
    }

    private static PyIterator Unique(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("unique", "case_sensitive", "attribute");
        Func<object?, object?> key = SortKey(run, bound[1], Arguments.Flag(bound[0], false));
        var seen = new PyDict();
        return Walked(run, Access.Items(run, value).FindAll(item =>
        {
            object? of = ValueRules.Key(run, key(item));
            bool isNew = !seen.TryGet(run, of, out _);
            seen.Set(run, of, null);
            return isNew;
        }));
    }

    private static object Reverse(TemplateRun run, object? value, Arguments given)
    {
        given.Bind("reverse");
        if (value is PyText text)
        {
            var reversed = new TextBuilder(run);
            foreach (object? character in Enumerable.Reverse(Access.Characters(run, text)))
                reversed.Append((PyText)character!);
            return reversed.ToText();
        }

        return Walked(run, [.. Enumerable.Reverse(Access.Items(run, value))]);
    }

    private static PyList DictSort(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("dictsort", "case_sensitive", "by", "reverse");
        string by = Arguments.Text(bound[1], "dictsort", "key").Value;
        if (value is not PyDict dict || by is not ("key" or "value"))
            throw new TemplateError("dictsort takes a dict, and 'key' or 'value' to sort by");
        Func<object?, object?> fold = SortKey(run, Arguments.Missing, Arguments.Flag(bound[0], false));
        List<object?> items = Access.Pairs(run, dict);
        return run.Grown(Ordered(run, items, item => fold(((PyTuple)item!).Items[by == "key" ? 0 : 1]), Arguments.Flag(bound[2], false)));
    }

    private static PyList GroupBy(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("groupby", "attribute", "default", "case_sensitive");
        object? field = Arguments.Required(bound[0], "groupby", "attribute");
        Func<object?, object?> fold = SortKey(run, Arguments.Missing, Arguments.Flag(bound[2], false));
        object? Of(object? item) => Field(run, item, field) is var found && found is Undefined && bound[1] != Arguments.Missing ? bound[1] : found;
        var groups = new List<object?>();
        foreach (object? item in Ordered(run, Access.Items(run, value), item => fold(Of(item)), reverse: false))
        {
            if (groups.Count > 0 && groups[^1] is PyGroup last && ValueRules.AreEqual(run, fold(last.Items[0]), fold(Of(item))))
                last.Members.Add(item);
            else
                groups.Add(new PyGroup(Of(item) is var name && name is Undefined missing ? throw new TemplateError(missing.Problem) : name, [item]));
        }

        return run.Grown(groups);
    }

    private static PyIterator Batch(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("batch", "linecount", "fill_with");
        int size = (int)Math.Clamp(Arguments.Integer(Arguments.Required(bound[0], "batch", "linecount"), "batch", 1), 1, int.MaxValue);
        List<object?> batches = [.. Access.Items(run, value).Chunk(size).Select(static chunk => new PyList([.. chunk]))];
        if (batches.Count > 0 && bound[1] != Arguments.Missing && bound[1] is not null)
            Fill(run, ((PyList)batches[^1]!).Items, size, bound[1]);
        return Walked(run, batches);
    }

    private static PyIterator Slice(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("slice", "slices", "fill_with");
        int slices = (int)Math.Clamp(Arguments.Integer(Arguments.Required(bound[0], "slice", "slices"), "slice", 1), 1, int.MaxValue);
        // Each of them is a list, and a list is many times as large as an item.
        run.Step(slices);
        run.Grow(slices);
        List<object?> items = Access.Items(run, value);
        (int each, int more) = Math.DivRem(items.Count, slices);
        var result = new List<object?>();
        int at = 0;
        for (int i = 0; i < slices; i++)
        {
            int count = each + (i < more ? 1 : 0);
            List<object?> slice = items.GetRange(at, count);
            at += count;
            if (bound[1] != Arguments.Missing && bound[1] is not null && i >= more)
                slice.Add(bound[1]);
            result.Add(new PyList(slice));
        }

        return Walked(run, result);
    }

    private static object? Sum(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("sum", "attribute", "start");
        object? sum = bound[1] == Arguments.Missing ? 0L : bound[1];
        foreach (object? item in Access.Items(run, value))
            sum = Arithmetic.Apply(run, "+", sum, bound[0] == Arguments.Missing || bound[0] is null ? item : Field(run, item, bound[0]));
        return sum;
    }

    private static object? Extreme(TemplateRun run, object? value, Arguments given, string name, int sign)
    {
        object?[] bound = given.Bind(name, "case_sensitive", "attribute");
        Func<object?, object?> key = SortKey(run, bound[1], Arguments.Flag(bound[0], false));
        List<object?> items = Access.Items(run, value);
        if (items.Count == 0)
            return new Undefined($"the value is empty: it has no {name}");
        object? best = items[0];
        foreach (object? item in items)
        {
            if (ValueRules.Compare(run, key(item), key(best)) * sign > 0)
                best = item;
        }

        return best;
    }

    private static void Fill(TemplateRun run, List<object?> items, int count, object? with)
    {
        run.Grow(count - items.Count);
        while (items.Count < count)
            items.Add(with);
    }

    private static PyIterator Walked(TemplateRun run, List<object?> items)
    {
        run.Grow(items.Count);
        return new PyIterator(items);
    }

    /// <summary>A field by its name, by a dotted path of names and indices, or by an index.</summary>
    private static object? Field(TemplateRun run, object? item, object? path)
    {
        if (path is not PyText text)
            return Access.Index(run, item, path);
        run.Step(1 + text.Length);
        foreach (string part in text.Value.Split('.'))
        {
            item = long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long place)
                ? Access.Index(run, item, place)
                : Access.Index(run, item, PyText.OfTemplate(part));
        }

        return item;
    }

    private static Func<object?, object?> SortKey(TemplateRun run, object? field, bool caseSensitive)
    {
        object? Fold(object? value)
        {
            if (caseSensitive || value is not PyText text)
                return value;
            run.Read(text.Value);
            return text.Changed(PythonText.Lower(text.Value));
        }

        if (field == Arguments.Missing || field is null)
            return Fold;
        // Several fields, separated by commas, are compared in this order.
        if (field is PyText several && several.Value.Contains(','))
            return item => new PyTuple([.. several.Value.Split(',').Select(part => Fold(Field(run, item, PyText.OfTemplate(part))))]);
        return item => Fold(Field(run, item, field));
    }

    private static List<object?> Ordered(TemplateRun run, List<object?> items, Func<object?, object?> key, bool reverse)
    {
        run.Step(items.Count * 16L);
        var comparer = Comparer<object?>.Create((a, b) => ValueRules.AreEqual(run, a, b) ? 0 : ValueRules.Compare(run, a, b));
        List<(object? Item, object? Key)> keyed = items.ConvertAll(item => (item, key(item)));
        // Stable in both directions, as in Python.
        return ValueRules.Sorted(
            (reverse ? keyed.OrderByDescending(static pair => pair.Key, comparer) : keyed.OrderBy(static pair => pair.Key, comparer))
                .Select(static pair => pair.Item));
    }
}
