using System.Text;
using System.Text.Json.Nodes;

namespace Cambium.Fuzz.Mutation;

/// <summary>Changes JSON at random places: values of other kinds, extreme numbers, long lists, deep nesting, moved and missing parts.</summary>
/// <param name="random">The source of the changes.</param>
/// <param name="words">Values that mean something in the format.</param>
internal sealed class JsonMutator(Random random, IReadOnlyList<string> words)
{
    // Lists longer than this take the fuzzer itself too long.
    private const int LongList = 40_000;

    /// <summary>The text of a changed copy.</summary>
    public string Mutate(JsonNode original)
    {
        var root = original.DeepClone();
        for (var i = random.Next(1, 5); i > 0; i--)
            Change(root);
        var text = root.ToJsonString();
        return random.Next(12) == 0 ? Encoding.UTF8.GetString(ByteMutator.Mutate(Encoding.UTF8.GetBytes(text), random)) : text;
    }

    /// <summary>A value of any kind.</summary>
    public JsonNode? Junk(int depth = 2) => random.Next(depth > 0 ? 12 : 9) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 or 3 => Numbers.Extreme(random),
        4 => random.Next(5) switch { 0 => 1e300, 1 => -0.5, 2 => 1e-300, 3 => double.MaxValue, _ => random.NextDouble() },
        5 => words[random.Next(words.Count)],
        6 => Text(),
        7 => new JsonArray(),
        8 => new JsonObject(),
        9 => new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Junk(depth - 1))]),
        10 => new JsonObject([.. Enumerable.Range(0, random.Next(1, 4))
            .Select(i => KeyValuePair.Create($"{words[random.Next(words.Count)]}{i}", Junk(depth - 1)))]),
        _ => Nested(random.Next(4) == 0 ? random.Next(1, 500) : random.Next(1, 60)),
    };

    private void Change(JsonNode root)
    {
        var (parent, key) = Place(root);
        if (parent is null)
            return;
        switch (random.Next(9))
        {
            case 0:
                Remove(parent, key);
                break;
            case 1:
                Set(parent, key, Get(Place(root))?.DeepClone());
                break;
            case 2 when Get((parent, key)) is JsonArray { Count: > 0 } list:
                Repeat(list);
                break;
            case 3 when Get((parent, key)) is { } inner:
                Set(parent, key, Wrapped(inner.DeepClone()));
                break;
            case 4 when Get((parent, key)) is JsonValue value && value.TryGetValue(out double number):
                // JSON has no infinity.
                Set(parent, key, JsonValue.Create(Math.Clamp(Tweak(number), double.MinValue, double.MaxValue)));
                break;
            case 5 when Get((parent, key)) is JsonValue value && value.TryGetValue(out string? text):
                Set(parent, key, Tweak(text));
                break;
            default:
                Set(parent, key, Junk());
                break;
        }
    }

    // A place: a field of an object or an item of a list. Deep places are as likely as shallow ones.
    private (JsonNode? Parent, object Key) Place(JsonNode root)
    {
        var node = root;
        while (true)
        {
            object? key = node switch
            {
                JsonObject { Count: > 0 } fields => fields.ElementAt(random.Next(fields.Count)).Key,
                JsonArray { Count: > 0 } items => random.Next(items.Count),
                _ => null,
            };
            if (key is null)
                return (null, "");
            if (Get((node, key)) is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } && random.Next(4) > 0)
                node = Get((node, key))!;
            else
                return (node, key);
        }
    }

    private static JsonNode? Get((JsonNode? Parent, object Key) place) => place switch
    {
        (JsonObject fields, string name) => fields[name],
        (JsonArray items, int index) when index < items.Count => items[index],
        _ => null,
    };

    private static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (parent is JsonObject fields)
            fields[(string)key] = value;
        else if (parent is JsonArray items && (int)key < items.Count)
            items[(int)key] = value;
    }

    private static void Remove(JsonNode parent, object key)
    {
        if (parent is JsonObject fields)
            fields.Remove((string)key);
        else
            parent.AsArray().RemoveAt((int)key);
    }

    private void Repeat(JsonArray list)
    {
        var item = list[random.Next(list.Count)];
        var times = random.Next(8) switch { 0 => random.Next(LongList), 1 or 2 => random.Next(2000), _ => random.Next(1, 20) };
        // A long list of long items would be larger than any real file.
        var size = item?.ToJsonString().Length ?? 4;
        for (var i = Math.Min(times, (8 << 20) / size); i > 0; i--)
            list.Add(item?.DeepClone());
    }

    private JsonNode? Wrapped(JsonNode? value)
    {
        for (var i = random.Next(6) == 0 ? random.Next(1, 200) : random.Next(1, 4); i > 0; i--)
            value = random.Next(2) == 0 ? new JsonArray(value) : new JsonObject { [words[random.Next(words.Count)]] = value };
        return value;
    }

    private static JsonNode Nested(int depth)
    {
        JsonNode node = new JsonArray();
        for (var i = 0; i < depth; i++)
            node = new JsonArray(node);
        return node;
    }

    private double Tweak(double value) => random.Next(8) switch
    {
        0 => value + 1,
        1 => value - 1,
        2 => -value,
        3 => value * 2,
        4 => value / 2,
        5 => value * int.MaxValue,
        6 => value * 1e300 is var large && double.IsFinite(large) ? large : double.MaxValue,
        _ => Numbers.Extreme(random),
    };

    private string Tweak(string text) => random.Next(6) switch
    {
        0 => text + Text(),
        1 => string.Concat(Enumerable.Repeat(text, Math.Min(random.Next(1, 3000), 1 + (100_000 / (text.Length + 1))))),
        2 => text.Length > 0 ? text.Remove(random.Next(text.Length), 1) : Text(),
        3 => text.Insert(random.Next(text.Length + 1), Text()),
        4 => words[random.Next(words.Count)],
        _ => "",
    };

    private string Text() => random.Next(7) switch
    {
        0 => "",
        1 => "\0",
        2 => new string('a', random.Next(1, 5000)),
        3 => "日本🌲é\u0301",
        4 => "(a+)+$",
        5 => "../../etc/passwd",
        _ => string.Concat(Enumerable.Range(0, random.Next(1, 12))
            .Select(_ => char.ConvertFromUtf32(random.Next(3) == 0 ? random.Next(0xE000, 0x10FFFF) : random.Next(1, 0x17F)))),
    };
}
