namespace Cambium.Constraints;

/// <summary>A property of an object.</summary>
/// <param name="Name">Without quotes.</param>
/// <param name="Value">The rule of its value.</param>
/// <param name="Required">Whether every object has it.</param>
internal readonly record struct Member(string Name, int Value, bool Required);

/// <summary>Writes the brackets, commas and colons of arrays and objects. One space may follow a comma or a colon.</summary>
internal sealed class JsonStructure(GrammarBuilder grammar)
{
    /// <summary>Writes an array.</summary>
    /// <param name="rule">The rule that is the array.</param>
    /// <param name="least">Least number of items.</param>
    /// <param name="most">Largest number of items; null without a limit.</param>
    /// <param name="item">The rule of the item at an index.</param>
    /// <param name="different">Number of first items that may have rules of their own; all items from there on have the same rule.</param>
    public void WriteItems(Rule rule, int least, int? most, Func<int, int> item, int different = 0)
    {
        if (most < least)
            return;
        var at = grammar.Text(rule.Start, "[");
        var close = grammar.NewState();
        grammar.Byte(close, (byte)']', (byte)']', rule.End);
        var singly = most ?? Math.Max(Math.Max(least, different), 1);
        for (var i = 0; i < singly; i++)
        {
            if (i >= least)
                grammar.Skip(at, close);
            at = grammar.Call(i == 0 ? at : Separator(at, ","), item(i));
        }

        if (most is null)
            grammar.Call(Separator(at, ","), item(singly), at);
        grammar.Skip(at, close);
    }

    /// <summary>Writes an object: these members in their order, then any number of others.</summary>
    /// <param name="rule">The rule that is the object.</param>
    /// <param name="members">The declared members.</param>
    /// <param name="otherKey">The rule of the name of other members; null if there may be none.</param>
    /// <param name="otherValue">The rule of their values.</param>
    /// <remarks>
    /// Two rows of states, before the first member and after at least one: states grow with the number of members, not with the number of their
    /// subsets.
    /// </remarks>
    public void WriteMembers(Rule rule, IReadOnlyList<Member> members, int? otherKey, int otherValue)
    {
        int? none = grammar.Text(rule.Start, "{");
        int? some = null;
        foreach (var member in members)
        {
            var after = grammar.NewState();
            if (none is { } first)
                WriteMember(first, member, after);
            if (some is { } before)
                WriteMember(Separator(before, ","), member, after);
            if (member.Required)
                none = null;
            else if (some is { } skipped)
                grammar.Skip(skipped, after);
            some = after;
        }

        var close = grammar.NewState();
        grammar.Byte(close, (byte)'}', (byte)'}', rule.End);
        var end = some ?? grammar.NewState();
        if (otherKey is { } key)
        {
            if (none is { } first)
                grammar.Call(Separator(grammar.Call(first, key), ":"), otherValue, end);
            grammar.Call(Separator(grammar.Call(Separator(end, ","), key), ":"), otherValue, end);
        }

        if (none is { } empty)
            grammar.Skip(empty, close);
        grammar.Skip(end, close);
    }

    private void WriteMember(int from, Member member, int to) =>
        grammar.Call(Separator(grammar.Text(from, JsonText.Quote(member.Name)), ":"), member.Value, to);

    private int Separator(int from, string sign)
    {
        var after = grammar.Text(from, sign);
        var to = grammar.NewState();
        grammar.Skip(after, to);
        grammar.Byte(after, (byte)' ', (byte)' ', to);
        return to;
    }
}
