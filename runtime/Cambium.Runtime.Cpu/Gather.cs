using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Cpu;

/// <summary>Looks up rows of packed weights: token embeddings, from the copy that a tied head uses as well.</summary>
public static unsafe class Gather
{
    /// <summary>Copies row <c>ids[r] + shift</c> of one part of <paramref name="table"/> to <c>destination + r * stride</c>.</summary>
    /// <exception cref="ArgumentException">A row of the table is longer than the stride.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is not a row of the table.</exception>
    public static void Run(
        Team team, PackedWeights table, int segment, int part, int* ids, int rows, float* destination, int stride, int shift = 0) =>
        Run(team, table, segment, part, ids, rows, destination, stride, default(Nothing), shift);

    /// <summary>As above, then runs <paramref name="after"/> on each row that has been copied.</summary>
    public static void Run<TKernel>(
        Team team, PackedWeights table, int segment, int part, int* ids, int rows, float* destination, int stride, in TKernel after, int shift = 0)
        where TKernel : struct, IRowKernel
    {
        if (stride < table.Inputs)
            throw new ArgumentException($"Rows of {table.Inputs} floats do not fit the stride {stride}.", nameof(stride));
        Rowwise.Run(team, rows, new Copy<TKernel>(table, segment, part, ids, destination, stride, after, shift));
    }

    private struct Nothing : IRowKernel
    {
        public readonly void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
        }
    }

    private struct Copy<TKernel>(
        PackedWeights table, int segment, int part, int* ids, float* destination, int stride, TKernel after, int shift)
        : IRowKernel
        where TKernel : struct, IRowKernel
    {
        private TKernel _after = after;

        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            table.CopyRow(segment, part, ids[row] + shift, destination + ((nint)row * stride));
            _after.Row<V>(row);
        }
    }
}
