using System.Text.Json;
using Cambium.Runtime.Weights;

namespace Cambium.Runtime.Text;

/// <summary>What happens to a text before it is cut.</summary>
internal static class Normalizer
{
    /// <exception cref="CheckpointException">A kind that is not supported.</exception>
    public static Func<string, string> Parse(TokenizerJson json, JsonElement? element)
    {
        if (element is not { } normalizer)
            return static text => text;
        string type = json.Text(normalizer, "normalizer", "type");
        switch (type)
        {
            case "NFC":
                return CanonicalForm.Compose;
            case "NFD":
                return CanonicalForm.Decompose;
            case "Sequence":
                Func<string, string>[] steps = [.. json.List(normalizer, "normalizer", "normalizers").Select(item => Parse(json, item))];
                return text => steps.Aggregate(text, static (current, step) => step(current));
            default:
                throw json.Unsupported("normalizer", type, "NFC, NFD or a Sequence of them");
        }
    }
}
