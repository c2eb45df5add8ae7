namespace Cambium.Constraints;

/// <summary>Rules of JSON itself: values that a schema does not constrain. Each rule is written once, when it is first called.</summary>
internal sealed class JsonRules(GrammarBuilder grammar)
{
    /// <summary>Digits of an integer part, so that every integer fits into 64 bits.</summary>
    public const int IntegerDigits = 18;

    private const string Escapes = @"\\([""\\/bfnrt]|u([0-9a-cA-Ce-fE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))";

    private readonly JsonStructure _structure = new(grammar);
    private int? _value;
    private int? _string;
    private int? _character;
    private int? _integer;
    private int? _number;
    private int? _nonAscii;

    public int Value()
    {
        if (_value is { } known)
            return known;
        var value = grammar.NewRule("a value");
        _value = value;
        var rule = grammar[value];
        grammar.OneOf(rule.Start, ["null", "true", "false"], rule.End);
        grammar.Call(rule.Start, Number(), rule.End);
        grammar.Call(rule.Start, String(), rule.End);
        _structure.WriteItems(rule, 0, null, _ => value);
        _structure.WriteMembers(rule, [], String(), value);
        return value;
    }

    public int String()
    {
        if (_string is { } known)
            return known;
        var text = grammar.NewRule("a string");
        _string = text;
        var rule = grammar[text];
        var inside = grammar.Text(rule.Start, "\"");
        grammar.Call(inside, Character(), inside);
        grammar.Byte(inside, (byte)'"', (byte)'"', rule.End);
        return text;
    }

    /// <summary>
    /// One character of a string, plain or escaped. Of <c>\u</c> escapes only those that are a character by themselves, without surrogates.
    /// </summary>
    public int Character()
    {
        if (_character is { } known)
            return known;
        var character = grammar.NewRule("a character");
        _character = character;
        var rule = grammar[character];
        grammar.Set(rule.Start, JsonText.Plain, rule.End);
        var compiler = new RegexCompiler(grammar, grammar.Set);
        compiler.Search([RegexParser.Parse("^" + Escapes + "$", RegexDialect.EcmaScript)[0]], rule.Start, rule.End);
        return character;
    }

    /// <summary>An integer of at most <see cref="IntegerDigits"/> digits.</summary>
    public int Integer() => _integer ??= Matching("an integer", $"^(0|-?[1-9][0-9]{{0,{IntegerDigits - 1}}})$");

    /// <summary>A number below 10^28, so that it fits into a decimal as well as into a float and a double.</summary>
    public int Number() => _number ??= Matching(
        "a number", $@"^-?(0|[1-9][0-9]{{0,{IntegerDigits - 1}}})(\.[0-9]{{1,17}})?([eE](\+?(0?[0-9]|10)|-[0-9]{{1,2}}))?$");

    public int NonAsciiCharacter()
    {
        if (_nonAscii is { } known)
            return known;
        var rule = grammar.NewRule("a character beyond ASCII");
        _nonAscii = rule;
        grammar.Set(grammar[rule].Start, CodePoints.Of((0x80, CodePoints.Last)), grammar[rule].End);
        return rule;
    }

    private int Matching(string name, string expression)
    {
        var rule = grammar.NewRule(name);
        var alternatives = RegexParser.Parse(expression, RegexDialect.EcmaScript);
        new RegexCompiler(grammar, grammar.Set).Search(alternatives, grammar[rule].Start, grammar[rule].End);
        return rule;
    }
}
