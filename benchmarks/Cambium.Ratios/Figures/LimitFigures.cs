using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>The limits of the machine, with one thread and with all.</summary>
internal static class LimitFigures
{
    public static void Measure(Session session)
    {
        foreach (var threads in new[] { 1, session.Team.Threads }.Distinct())
        {
            using var team = new Team(threads);
            var runs = Interleaved.Run(session.Options.Pairs, session.Limits.Arms(team));
            session.Report.Group($"{threads} thread{(threads == 1 ? "" : "s")}");
            session.Report.Add("fused multiply-adds in registers", "GFLOP/s", runs.Rate(Limits.Fma, FmaPeak.Flops(threads) / 1e9));
            var bytes = session.Limits.ReadBytes;
            session.Report.Add($"read {bytes / (1 << 20):F0} MiB (L3 has {Machine.This.L3Bytes >> 20})", "GB/s", runs.Rate(Limits.Read, bytes / 1e9));
        }
    }
}
