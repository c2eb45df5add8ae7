using System.Text.Json;

namespace Cambium.Constraints;

// Objects: the declared properties in their order, then others.
internal sealed partial class SchemaCompiler
{
    private int? _beyondAscii;

    private readonly record struct Member(string Name, int Value, bool Required);

    private void WriteObject(JsonElement schema, string path, Rule rule)
    {
        var declared = schema.TryGetProperty("properties", out var properties)
            ? properties.ValueKind == JsonValueKind.Object ? properties.EnumerateObject().ToList() : throw Wrong(path, "properties", $"is {Shorten(properties)}, expected an object of schemas")
            : [];
        var required = schema.TryGetProperty("required", out var names) ? Names(names, path) : [];
        // Nobody asked for more than what is declared, unless nothing is.
        JsonElement? additional = schema.TryGetProperty("additionalProperties", out var given) ? given : null;
        var hasOthers = additional is { } others ? others.ValueKind != JsonValueKind.False : declared.Count == 0;
        int OtherValue() => additional is { } value ? RuleOf(value, $"{path}/additionalProperties") : AnyValue();

        var members = new List<Member>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        // A name that is declared twice has its last meaning, as in any reader of JSON.
        foreach (var property in declared.GroupBy(static property => property.Name, StringComparer.Ordinal).Select(static same => same.Last()))
        {
            known.Add(property.Name);
            members.Add(new Member(property.Name, RuleOf(property.Value, $"{path}/properties/{Escape(property.Name)}"), required.Contains(property.Name)));
        }

        foreach (var name in required.Where(known.Add))
        {
            if (additional is { ValueKind: JsonValueKind.False })
                throw Wrong(path, "required", $"names '{name}', which is no property, and 'additionalProperties' is false");
            members.Add(new Member(name, OtherValue(), Required: true));
        }

        if (!hasOthers)
            WriteMembers(rule, members, null, 0);
        else
            WriteMembers(rule, members, members.Count == 0 ? AnyString() : OtherKey(known, path), OtherValue());
    }

    // Two rows of states, before the first member and behind some: the number of states grows with the members and not with their subsets.
    private void WriteMembers(Rule rule, IReadOnlyList<Member> members, int? otherKey, int otherValue)
    {
        int? none = _grammar.Text(rule.Start, "{");
        int? some = null;
        foreach (var member in members)
        {
            var behind = _grammar.NewState();
            if (none is { } first)
                WriteMember(first, member, behind);
            if (some is { } before)
                WriteMember(Separator(before, ","), member, behind);
            if (member.Required)
                none = null;
            else if (some is { } skipped)
                _grammar.Skip(skipped, behind);
            some = behind;
        }

        var close = _grammar.NewState();
        _grammar.Byte(close, (byte)'}', (byte)'}', rule.End);
        var end = some ?? _grammar.NewState();
        if (otherKey is { } key)
        {
            if (none is { } first)
                _grammar.Call(Separator(_grammar.Call(first, key), ":"), otherValue, end);
            _grammar.Call(Separator(_grammar.Call(Separator(end, ","), key), ":"), otherValue, end);
        }

        if (none is { } empty)
            _grammar.Skip(empty, close);
        _grammar.Skip(end, close);
    }

    private void WriteMember(int from, Member member, int to) => _grammar.Call(Separator(_grammar.Text(from, JsonText.Quote(member.Name)), ":"), member.Value, to);

    // A name, spelled without escapes, that is none of these. Follows their letters and leaves at any other.
    private int OtherKey(IReadOnlySet<string> names, string path)
    {
        var key = _grammar.NewRule($"a further name at {path}");
        var rule = _grammar[key];
        var free = _grammar.NewState();
        _grammar.Set(free, JsonText.Plain, free);
        _grammar.Byte(free, (byte)'"', (byte)'"', rule.End);
        var open = new Stack<(int At, List<int[]> Beginnings, int Length)>();
        open.Push((_grammar.Text(rule.Start, "\""), [.. names.Select(static name => name.EnumerateRunes().Select(static rune => rune.Value).ToArray())], 0));
        while (open.TryPop(out var place))
        {
            if (!place.Beginnings.Any(name => name.Length == place.Length))
                _grammar.Byte(place.At, (byte)'"', (byte)'"', rule.End);
            var taken = new List<(int, int)>();
            foreach (var group in place.Beginnings.Where(name => name.Length > place.Length).GroupBy(name => name[place.Length]))
            {
                taken.Add((group.Key, group.Key));
                var next = _grammar.NewState();
                _grammar.Set(place.At, CodePoints.Of(taken[^1]).Intersect(JsonText.Plain), next);
                open.Push((next, [.. group], place.Length + 1));
            }

            var others = JsonText.Plain.Without(CodePoints.Of(taken));
            if (taken.Any(static letter => letter.Item1 > 0x7F))
            {
                _grammar.Set(place.At, others, free);
                continue;
            }

            // The same for nearly every place, hence written once.
            _grammar.Set(place.At, others.Intersect(CodePoints.Of((0, 0x7F))), free);
            _grammar.Call(place.At, BeyondAscii(), free);
        }

        return key;
    }

    private int BeyondAscii()
    {
        if (_beyondAscii is { } known)
            return known;
        var beyond = _grammar.NewRule("a character beyond ASCII");
        _beyondAscii = beyond;
        _grammar.Set(_grammar[beyond].Start, CodePoints.Of((0x80, CodePoints.Last)), _grammar[beyond].End);
        return beyond;
    }

    private static HashSet<string> Names(JsonElement names, string path) =>
        names.ValueKind == JsonValueKind.Array && names.EnumerateArray().All(static name => name.ValueKind == JsonValueKind.String)
            ? names.EnumerateArray().Select(static name => name.GetString()!).ToHashSet(StringComparer.Ordinal)
            : throw Wrong(path, "required", $"is {Shorten(names)}, expected a list of names");
}
