using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Measuring;

/// <summary>The limits of the machine, measured as arms in the same rounds as the kernels.</summary>
internal sealed class Limits : IDisposable
{
    public const string Fma = "FMA peak";
    public const string Read = "read bandwidth";

    private readonly ReadBandwidth _read = new(Math.Max(512L << 20, 8 * Machine.This.L3Bytes));

    public double ReadBytes => _read.Bytes;

    /// <summary>Arms for the team's threads.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="suffix">Makes the names unique if several teams are measured.</param>
    public Arm[] Arms(Team team, string suffix = "") =>
        [new(Fma + suffix, () => FmaPeak.Run(team)), new(Read + suffix, () => _read.Run(team))];

    public void Dispose() => _read.Dispose();
}
