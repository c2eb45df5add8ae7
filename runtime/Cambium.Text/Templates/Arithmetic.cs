namespace Cambium.Text.Templates;

/// <summary>Python's arithmetic on 64-bit integers, floats, strings and lists.</summary>
internal static class Arithmetic
{
    public static object? Sign(object? value, bool negative)
    {
        if (value is Undefined undefined)
            throw new TemplateError(undefined.Problem);
        if (!ValueRules.IsNumber(value))
            throw new TemplateError($"{ValueRules.TypeName(value)} has no sign");
        if (value is double number)
            return negative ? -number : number;
        long integer = Long(value);
        return negative ? Checked(() => checked(-integer)) : integer;
    }

    public static object? Apply(TemplateRun run, string sign, object? left, object? right)
    {
        switch (sign, left, right)
        {
            case ("+", PyText a, PyText b):
                return Joined(run, a, b);
            case ("+", PyList a, PyList b) when a is not (PyView or PyRange) && a.GetType() == b.GetType():
                run.Grow(a.Items.Count + (long)b.Items.Count);
                List<object?> both = [.. a.Items, .. b.Items];
                return a is PyTuple ? new PyTuple(both) : new PyList(both);
            case ("*", PyText text, long or bool):
                return Repeat(run, text, Long(right));
            case ("*", long or bool, PyText text):
                return Repeat(run, text, Long(left));
            case ("*", PyList list, long or bool) when list is not (PyView or PyRange):
                return Repeat(run, list, Long(right));
            case ("*", long or bool, PyList list) when list is not (PyView or PyRange):
                return Repeat(run, list, Long(left));
            case ("%", PyText format, _):
                return PercentFormat.Apply(
                    run, format, right is PyTuple tuple ? tuple.Items : [right], right as PyDict, takesAll: right is PyTuple or not PyList);
        }

        if (!ValueRules.IsNumber(left) || !ValueRules.IsNumber(right))
            throw new TemplateError($"'{sign}' does not go with {ValueRules.TypeName(left)} and {ValueRules.TypeName(right)}");
        return left is double || right is double || sign == "/"
            ? Floats(sign, ValueRules.ToDouble(left), ValueRules.ToDouble(right))
            : Integers(sign, Long(left), Long(right));
    }

    private static PyText Joined(TemplateRun run, PyText left, PyText right)
    {
        bool isSafe = left.IsSafe || right.IsSafe;
        var both = new TextBuilder(run);
        foreach (PyText text in (PyText[])[left, right])
        {
            if (isSafe && !text.IsSafe)
                both.AppendEscaped(text);
            else
                both.Append(text);
        }

        return both.ToText().AsSafe(isSafe);
    }

    private static object Integers(string sign, long left, long right)
    {
        if (sign is "//" or "%" && right == 0)
            throw new TemplateError("division by zero");
        if (sign == "**")
            return Power(left, right);
        return Checked(() => checked(sign switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "//" => right == -1 ? -left : (left / right) - (left % right != 0 && left < 0 != right < 0 ? 1 : 0),
            _ => right == -1 ? 0 : ((left % right) + right) % right,
        }));
    }

    private static object Power(long value, long exponent)
    {
        if (exponent < 0)
            return value == 0 ? throw new TemplateError("division by zero") : Math.Pow(value, exponent);
        return Checked(() =>
        {
            long result = 1;
            for (long factor = value; exponent > 0; exponent >>= 1)
            {
                if ((exponent & 1) == 1)
                    result = checked(result * factor);
                if (exponent > 1)
                    factor = checked(factor * factor);
            }

            return result;
        });
    }

    private static object Floats(string sign, double left, double right)
    {
        if (sign is "/" or "//" or "%" && right == 0)
            throw new TemplateError("division by zero");
        return sign switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "//" => Math.Floor(left / right),
            "%" => left - (right * Math.Floor(left / right)),
            _ => Math.Pow(left, right),
        };
    }

    private static PyText Repeat(TemplateRun run, PyText text, long count)
    {
        count = text.Length == 0 ? 0 : Math.Max(0, Math.Min(count, int.MaxValue));
        // Refused before the first copy if all copies together are too long.
        run.Grow(text.Length * count);
        var result = new TextBuilder(run);
        if (text is { Length: 1 })
            return result.Append(text.Value[0], text.HasInput, (int)count).ToText().AsSafe(text.IsSafe);
        for (long i = 0; i < count; i++)
            result.Append(text);
        return result.ToText().AsSafe(text.IsSafe);
    }

    private static PyList Repeat(TemplateRun run, PyList list, long count)
    {
        count = list.Items.Count == 0 ? 0 : Math.Max(0, Math.Min(count, int.MaxValue));
        run.Grow(list.Items.Count * count);
        var items = new List<object?>((int)Math.Min(list.Items.Count * count, Array.MaxLength));
        for (long i = 0; i < count; i++)
        {
            run.Step();
            items.AddRange(list.Items);
        }

        return list is PyTuple ? new PyTuple(items) : new PyList(items);
    }

    private static long Long(object? value) => ValueRules.ToInteger(value) is var integer && integer >= long.MinValue && integer <= long.MaxValue
        ? (long)integer
        : throw new TemplateError("an integer of more than 64 bits cannot be computed with");

    private static long Checked(Func<long> compute)
    {
        try
        {
            return compute();
        }
        catch (OverflowException)
        {
            throw new TemplateError("the result has more than 64 bits");
        }
    }
}
