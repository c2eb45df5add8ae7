using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>Converts JSON to values of a template.</summary>
/// <param name="run">The rendering.</param>
/// <param name="isInput">Whether its texts come from the input, and not from the checkpoint.</param>
internal sealed class JsonValues(TemplateRun run, bool isInput)
{
    // Python's limit: parsing is quadratic in the number of digits.
    public const int MostDigits = 4300;
    private const int MaxDepth = 200;

    /// <exception cref="ChatTemplateException">The JSON is nested too deep, or has a string with half of a surrogate pair.</exception>
    public object? Of(JsonElement element, int depth = 0)
    {
        if (depth > MaxDepth)
            throw new ChatTemplateException(0, $"The input is nested more than {MaxDepth} deep.");
        run.Grow(1);
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return Text(element);
            case JsonValueKind.Number:
                return Number(element);
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            case JsonValueKind.Array:
                var items = new List<object?>(element.GetArrayLength());
                foreach (JsonElement item in element.EnumerateArray())
                    items.Add(Of(item, depth + 1));
                return new PyList(items);
            case JsonValueKind.Object:
                var dict = new PyDict();
                foreach (JsonProperty property in element.EnumerateObject())
                    dict.Set(run, Name(property), Of(property.Value, depth + 1));
                return dict;
            default:
                return null;
        }
    }

    private PyText Text(JsonElement element)
    {
        try
        {
            return Grown(element.GetString()!);
        }
        catch (InvalidOperationException error)
        {
            throw new ChatTemplateException(0, "The input has half of a surrogate pair in a string.", inner: error);
        }
    }

    private PyText Name(JsonProperty property)
    {
        try
        {
            return Grown(property.Name);
        }
        catch (InvalidOperationException error)
        {
            throw new ChatTemplateException(0, "The input has half of a surrogate pair in a name.", inner: error);
        }
    }

    private PyText Grown(string text)
    {
        run.Grow(text.Length);
        return PyText.Of(text, isInput);
    }

    private static object Number(JsonElement element)
    {
        if (element.TryGetInt64(out long integer) && element.GetRawText().AsSpan().IndexOfAny(".eE") < 0)
            return integer;
        string text = element.GetRawText();
        if (text.AsSpan().IndexOfAny(".eE") >= 0)
            return element.TryGetDouble(out double number) ? number : double.PositiveInfinity;
        return text.Length <= MostDigits
            ? BigInteger.Parse(text, CultureInfo.InvariantCulture)
            : throw new ChatTemplateException(0, $"The input has a number of {text.Length} digits; {MostDigits} are allowed.");
    }
}
