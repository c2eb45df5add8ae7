using System.CommandLine;
using Cambium.Runtime.Chunks;

namespace Cambium.Cli.Commands;

/// <summary>The option that chooses the type of keys and values in the KV cache.</summary>
internal static class KvOption
{
    public static Option<KvStorage> Create() => new("--kv")
    {
        Description = "Format of keys and values in the KV cache: f32, or rounded to bf16 (half of the memory), or to int8 with a scale for each "
            + "head and token (about a quarter). [default: f32]",
        HelpName = "f32|bf16|int8",
        CustomParser = static result =>
        {
            // Enum.TryParse also accepts numbers and lists of names.
            if (result.Tokens is [{ Value: [not (>= '0' and <= '9'), ..] name }] && name.All(char.IsAsciiLetterOrDigit)
                && Enum.TryParse<KvStorage>(name, ignoreCase: true, out var storage) && Enum.IsDefined(storage))
            {
                return storage;
            }

            result.AddError($"Option '--kv' is {string.Join(' ', result.Tokens)}; it must be f32, bf16 or int8.");
            return default;
        },
    };
}
