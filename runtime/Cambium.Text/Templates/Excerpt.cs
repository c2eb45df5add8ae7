namespace Cambium.Text.Templates;

/// <summary>Shortens texts of a template for messages. A value that is undefined has a message, and a template can make millions of them.</summary>
internal static class Excerpt
{
    private const int Longest = 40;

    public static string Of(string text) => text.Length <= Longest ? text : text[..(Longest - 3)] + "...";
}
