using System.CommandLine;
using Cambium.Runtime.Loading;

namespace Cambium.Cli.Commands;

/// <summary>The option that quantizes weight matrices at load.</summary>
internal static class WeightsOption
{
    public static Option<WeightStorage> Create() => new("--weights")
    {
        Description = "Format of weight matrices in memory: f32, or quantized at load to bf16 (16 bits per weight), or to int8 (9) or int4 (5) with "
            + "group-wise scales. [default: f32]",
        HelpName = "f32|bf16|int8|int4",
        CustomParser = static result =>
        {
            // Enum.TryParse also accepts numbers and lists of names.
            if (result.Tokens is [{ Value: [not (>= '0' and <= '9'), ..] name }] && name.All(char.IsAsciiLetterOrDigit)
                && Enum.TryParse<WeightStorage>(name, ignoreCase: true, out var storage) && Enum.IsDefined(storage))
            {
                return storage;
            }

            result.AddError($"Option '--weights' is {string.Join(' ', result.Tokens)}; it must be f32, bf16, int8 or int4.");
            return default;
        },
    };
}
