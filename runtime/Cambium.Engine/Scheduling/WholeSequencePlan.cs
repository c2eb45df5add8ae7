using Cambium.Runtime.Cache;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// The plan of a step that has every sequence from its first token to its last, so that tokens may see later ones. Nothing is cached or shared; chunk
/// i lies in page i.
/// </summary>
internal sealed class WholeSequencePlan(int chunkSize)
{
    public AttentionPlan Plan { get; } = new();

    /// <summary>Chunks that a sequence takes.</summary>
    public int ChunksOf(int tokens) => (tokens + chunkSize - 1) / chunkSize;

    /// <summary>Describes the attention of consecutive sequences.</summary>
    /// <param name="lengths">Tokens of each.</param>
    /// <param name="isCausal">Whether a chunk lies above the rows from its first token on, or above all rows of its sequence.</param>
    /// <param name="maxBlockRows">Rows of the largest block.</param>
    /// <param name="contents">Of each sequence the contents that it begins with; null for none.</param>
    public void Describe(ReadOnlySpan<int> lengths, bool isCausal, int maxBlockRows, IReadOnlyList<IReadOnlyList<NodeContent>>? contents = null)
    {
        Reserve(lengths, maxBlockRows, contents);
        var (nodes, pages, blocks, listed, row) = (0, 0, 0, 0, 0);
        Span<int> rowBegin = Plan.RowBegin, blockEnd = Plan.Blocks.End;
        for (var sequence = 0; sequence < lengths.Length; sequence++)
        {
            var (length, first, position) = (lengths[sequence], nodes, 0);
            foreach (var content in contents?[sequence] ?? [])
            {
                position += content.Positions;
                if (content.Kind == NodeKind.Mark)
                    continue;
                Plan.Kind[nodes] = content.Kind;
                Plan.Page[nodes] = content.Number;
                Plan.Count[nodes] = content.Keys;
                Plan.FirstPosition[nodes] = position - content.Keys;
                rowBegin[nodes] = row;
                Plan.RowEnd[nodes] = row + length;
                nodes++;
            }

            for (var from = 0; from < length; from += chunkSize, nodes++)
            {
                Plan.Kind[nodes] = NodeKind.Tokens;
                Plan.Page[nodes] = pages++;
                Plan.Count[nodes] = Math.Min(chunkSize, length - from);
                Plan.FirstPosition[nodes] = position + from;
                rowBegin[nodes] = isCausal ? row + from : row;
                Plan.RowEnd[nodes] = row + length;
            }

            for (var begin = row; begin < row + length; begin += maxBlockRows, blocks++)
            {
                Plan.Blocks.Begin[blocks] = begin;
                blockEnd[blocks] = Math.Min(row + length, begin + maxBlockRows);
                Plan.Blocks.NodeBegin[blocks] = listed;
                for (var node = first; node < nodes && rowBegin[node] < blockEnd[blocks]; node++)
                    Plan.Blocks.Nodes[listed++] = node;
            }

            row += length;
        }

        Plan.Blocks.NodeBegin[blocks] = listed;
        (Plan.NodeCount, Plan.Blocks.Count) = (nodes, blocks);
    }

    private void Reserve(ReadOnlySpan<int> lengths, int maxBlockRows, IReadOnlyList<IReadOnlyList<NodeContent>>? contents)
    {
        var (nodes, blocks, listed) = (0, 0, 0L);
        for (var i = 0; i < lengths.Length; i++)
        {
            var (chunks, pieces) = (ChunksOf(lengths[i]) + (contents?[i].Count ?? 0), (lengths[i] + maxBlockRows - 1) / maxBlockRows);
            (nodes, blocks, listed) = (nodes + chunks, blocks + pieces, listed + ((long)chunks * pieces));
        }

        Plan.Reserve(nodes);
        Plan.Blocks.Reserve(blocks, checked((int)listed));
    }
}
