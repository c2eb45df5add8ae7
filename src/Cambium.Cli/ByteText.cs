using System.Globalization;

namespace Cambium.Cli;

/// <summary>Prints numbers of bytes.</summary>
internal static class ByteText
{
    /// <summary>The number in KiB, MiB or GiB.</summary>
    public static string Of(double bytes) => bytes switch
    {
        >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.00} GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024:0.0} KiB"),
    };
}
