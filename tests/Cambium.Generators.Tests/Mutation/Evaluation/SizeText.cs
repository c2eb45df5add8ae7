using System.Globalization;
using System.Numerics;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>Size expressions in attributes: <c>Heads * HeadDim, Hidden</c>.</summary>
internal static class SizeText
{
    /// <summary>The sizes of a list.</summary>
    /// <param name="resolve">The value of a name; null for an undefined name.</param>
    /// <exception cref="FormatException">The text is not a list of sizes.</exception>
    public static IReadOnlyList<Ratio> List(string text, Func<string, Ratio?> resolve)
    {
        var words = new Queue<string>(Words(text));
        var sizes = new List<Ratio>();
        while (words.Count > 0)
        {
            sizes.Add(Sum(words, resolve));
            if (words.Count > 0 && words.Dequeue() != ",")
                throw new FormatException($"`{text}` goes on where it should end");
        }

        return sizes;
    }

    public static Ratio One(string text, Func<string, Ratio?> resolve) =>
        List(text, resolve) is [var size] && !text.Contains(',') ? size : throw new FormatException($"`{text}` is not one size");

    private static IEnumerable<string> Words(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsWhiteSpace(text[i]))
                continue;
            var end = i;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
                end++;
            yield return end > i ? text[i..end] : text[i].ToString();
            i = Math.Max(i, end - 1);
        }
    }

    private static Ratio Sum(Queue<string> words, Func<string, Ratio?> resolve)
    {
        var sum = Product(words, resolve);
        while (words.TryPeek(out var sign) && sign is "+" or "-")
            sum = words.Dequeue() == "+" ? sum + Product(words, resolve) : sum - Product(words, resolve);
        return sum;
    }

    private static Ratio Product(Queue<string> words, Func<string, Ratio?> resolve)
    {
        var product = Atom(words, resolve);
        while (words.TryPeek(out var sign) && sign is "*" or "/")
            product = words.Dequeue() == "*"
                ? product * Atom(words, resolve)
                : Ratio.Divide(product, Atom(words, resolve)) ?? throw new FormatException("a division by nothing");
        return product;
    }

    private static Ratio Atom(Queue<string> words, Func<string, Ratio?> resolve)
    {
        if (!words.TryDequeue(out var word))
            throw new FormatException("a size is missing");
        if (word == "-")
            return Atom(words, resolve) * -1;
        if (word == "(")
        {
            var inner = Sum(words, resolve);
            return words.TryDequeue(out var end) && end == ")" ? inner : throw new FormatException("a parenthesis is open");
        }

        return char.IsDigit(word[0]) && BigInteger.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : resolve(word) ?? throw new FormatException($"`{word}` is not a dim");
    }
}
