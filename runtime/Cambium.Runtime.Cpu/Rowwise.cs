using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Cpu;

/// <summary>Applies a kernel to each row separately: norms, activations, and other row-independent functions.</summary>
public static class Rowwise
{
    /// <summary>Runs the kernel on rows 0 to <paramref name="rows"/> - 1, spread over the team.</summary>
    public static void Run<TKernel>(Team team, int rows, in TKernel kernel)
        where TKernel : struct, IRowKernel
    {
        switch (Simd.Width)
        {
            case 16:
                Run<Lanes512, TKernel>(team, rows, kernel);
                break;
            case 8:
                Run<Lanes256, TKernel>(team, rows, kernel);
                break;
            default:
                Run<Lanes128, TKernel>(team, rows, kernel);
                break;
        }
    }

    internal static void Run<V, TKernel>(Team team, int rows, TKernel kernel)
        where V : unmanaged, ILanes<V>
        where TKernel : struct, IRowKernel
    {
        var perItem = RowsPerItem(rows, team.Threads);
        team.Run(new Work<V, TKernel>(kernel, rows, perItem), (rows + perItem - 1) / perItem);
    }

    /// <summary>A few items per thread balance threads of different speed; a single row may cost less than claiming it.</summary>
    internal static int RowsPerItem(int rows, int threads) => Math.Max(1, rows / (threads * 4));

    private struct Work<V, TKernel>(TKernel kernel, int rows, int perItem) : IWork
        where V : unmanaged, ILanes<V>
        where TKernel : struct, IRowKernel
    {
        public void Run(int item, int thread)
        {
            // A copy: threads share this struct, and a kernel may change its fields while it runs.
            var own = kernel;
            var end = Math.Min(rows, (item + 1) * perItem);
            for (var row = item * perItem; row < end; row++)
                own.Row<V>(row);
        }
    }
}
