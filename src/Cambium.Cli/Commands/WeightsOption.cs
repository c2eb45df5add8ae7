using System.CommandLine;
using Cambium.Runtime.Loading;

namespace Cambium.Cli.Commands;

/// <summary>How matrices are kept in memory.</summary>
internal static class WeightsOption
{
    public static Option<WeightStorage> Create() => new("--weights")
    {
        Description = "How matrices are kept in memory: f32 as the checkpoint has them, or rounded when they are loaded: bf16 (16 bits a weight), int8 (9), int4 (5). [default: f32]",
        HelpName = "f32|bf16|int8|int4",
        CustomParser = static result =>
        {
            if (result.Tokens is [var token] && token.Value.All(char.IsAsciiLetterOrDigit) && Enum.TryParse<WeightStorage>(token.Value, ignoreCase: true, out var storage) && Enum.IsDefined(storage) && !char.IsAsciiDigit(token.Value[0]))
                return storage;
            result.AddError($"Option '--weights' is {string.Join(' ', result.Tokens)}; it must be f32, bf16, int8 or int4.");
            return default;
        },
    };
}
