using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>The plan of a step in which every sequence is there from its first token to its last, so that tokens may see later ones. Nothing is cached or shared.</summary>
internal sealed unsafe class WholeSequencePlan(int chunkSize)
{
    private int _listed;

    public AttentionPlan Plan { get; } = new();

    /// <summary>Chunks that a sequence takes.</summary>
    public int ChunksOf(int tokens) => (tokens + chunkSize - 1) / chunkSize;

    /// <summary>Describes the attention of sequences that lie one behind the other.</summary>
    /// <param name="lengths">Tokens of each.</param>
    /// <param name="chunks">Memory of the chunks, in order.</param>
    /// <param name="isCausal">Whether a chunk lies above the rows from its first token on, or above all of its sequence.</param>
    /// <param name="maxBlockRows">Rows that are folded together at most.</param>
    public void Describe(ReadOnlySpan<int> lengths, Func<int, nint> chunks, bool isCausal, int maxBlockRows)
    {
        Reserve(lengths, maxBlockRows);
        (Plan.NodeCount, Plan.Blocks.Count, _listed) = (0, 0, 0);
        var row = 0;
        foreach (var length in lengths)
        {
            var first = Plan.NodeCount;
            for (var from = 0; from < length; from += chunkSize)
            {
                var node = Plan.NodeCount++;
                Plan.Chunk[node] = (float*)chunks(node);
                Plan.Count[node] = Math.Min(chunkSize, length - from);
                Plan.FirstPosition[node] = from;
                Plan.RowBegin[node] = isCausal ? row + from : row;
                Plan.RowEnd[node] = row + length;
            }

            for (var begin = row; begin < row + length; begin += maxBlockRows)
            {
                var block = Plan.Blocks.Count++;
                Plan.Blocks.Begin[block] = begin;
                Plan.Blocks.End[block] = Math.Min(row + length, begin + maxBlockRows);
                Plan.Blocks.NodeBegin[block] = _listed;
                for (var node = first; node < Plan.NodeCount && Plan.RowBegin[node] < Plan.Blocks.End[block]; node++)
                    Plan.Blocks.Nodes[_listed++] = node;
            }

            row += length;
        }

        Plan.Blocks.NodeBegin[Plan.Blocks.Count] = _listed;
    }

    private void Reserve(ReadOnlySpan<int> lengths, int maxBlockRows)
    {
        var (nodes, blocks, listed) = (0, 0, 0L);
        foreach (var length in lengths)
        {
            var (chunks, pieces) = (ChunksOf(length), (length + maxBlockRows - 1) / maxBlockRows);
            (nodes, blocks, listed) = (nodes + chunks, blocks + pieces, listed + ((long)chunks * pieces));
        }

        if (Plan.Count.Length < nodes)
        {
            Plan.Chunk = new float*[nodes];
            Plan.Count = new int[nodes];
            Plan.FirstPosition = new int[nodes];
            Plan.RowBegin = new int[nodes];
            Plan.RowEnd = new int[nodes];
        }

        if (Plan.Blocks.Begin.Length < blocks)
        {
            Plan.Blocks.Begin = new int[blocks];
            Plan.Blocks.End = new int[blocks];
            Plan.Blocks.NodeBegin = new int[blocks + 1];
        }

        if (Plan.Blocks.Nodes.Length < listed)
            Plan.Blocks.Nodes = new int[checked((int)listed)];
    }
}
