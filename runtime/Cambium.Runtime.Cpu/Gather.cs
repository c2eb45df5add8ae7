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

    /// <summary>The row of each token of a step: of the table, or one that is given in place of it.</summary>
    /// <exception cref="ArgumentException">A row of the table is longer than the stride.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is neither a row of the table nor a given row.</exception>
    public static void RunTokens(Step step, PackedWeights table, int segment, int part, float* destination, int stride) =>
        RunTokens(step, table, segment, part, destination, stride, default(Nothing));

    /// <summary>As above, then runs <paramref name="after"/> on each row that has been copied.</summary>
    public static void RunTokens<TKernel>(
        Step step, PackedWeights table, int segment, int part, float* destination, int stride, in TKernel after)
        where TKernel : struct, IRowKernel
    {
        if (step.GivenRows == null)
        {
            Run(step.Team, table, segment, part, step.Tokens, step.Rows, destination, stride, after);
            return;
        }

        if (stride < table.Inputs)
            throw new ArgumentException($"Rows of {table.Inputs} floats do not fit the stride {stride}.", nameof(stride));
        Rowwise.Run(step.Team, step.Rows, new CopyGiven<TKernel>(
            new Copy<TKernel>(table, segment, part, step.Tokens, destination, stride, after, 0), step, table.Inputs, destination, stride, after));
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

    private struct CopyGiven<TKernel>(Copy<TKernel> copy, Step step, int width, float* destination, int stride, TKernel after) : IRowKernel
        where TKernel : struct, IRowKernel
    {
        private Copy<TKernel> _copy = copy;
        private TKernel _after = after;

        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            var token = step.Tokens[row];
            if (token >= 0)
            {
                _copy.Row<V>(row);
                return;
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThan(((long)~token + 1) * width, step.GivenFloats, nameof(step));
            new ReadOnlySpan<float>(step.GivenRows + ((nint)~token * width), width)
                .CopyTo(new Span<float>(destination + ((nint)row * stride), width));
            _after.Row<V>(row);
        }
    }
}
