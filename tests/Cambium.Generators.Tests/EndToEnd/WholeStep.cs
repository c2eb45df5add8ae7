using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Engine;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Scheduling;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Runs a model without an engine: all rows of all sequences in one step, each row below every chunk of its own sequence.</summary>
internal static unsafe class WholeStep
{
    private const int ChunkSize = 32;

    /// <returns>[row, output] of every sequence's rows, one sequence after the other.</returns>
    public static float[][] Run(CompiledModel model, IReadOnlyList<int[]> sequences)
    {
        var rows = sequences.Sum(static sequence => sequence.Length);
        var (tokens, positions, slots, outputs) = (new int[rows], new int[rows], new int[rows], Enumerable.Range(0, rows).ToArray());
        var (chunkOfRow, nodes) = (new int[rows], new List<(int Count, int First, int RowBegin, int RowEnd)>());
        var row = 0;
        foreach (var sequence in sequences)
        {
            var begin = row;
            for (var i = 0; i < sequence.Length; i++, row++)
            {
                if (i % ChunkSize == 0)
                    nodes.Add((Math.Min(ChunkSize, sequence.Length - i), i, begin, begin + sequence.Length));
                (tokens[row], positions[row], slots[row], chunkOfRow[row]) = (sequence[i], i, i % ChunkSize, nodes.Count - 1);
            }
        }

        using var team = new Team(2);
        var layout = new KvLayout(model.CacheSites, ChunkSize, Simd.PanelWidth);
        using var pool = new NativeBuffer(nodes.Count * layout.ChunkFloats);
        using var arena = new NativeBuffer(model.ArenaFloats(rows, rows));
        using var logits = new NativeBuffer((long)rows * model.OutputWidth);
        new Span<float>(pool.Pointer, (int)pool.Floats).Fill(float.NaN);
        var chunks = new float*[nodes.Count];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = pool.Pointer + (i * layout.ChunkFloats);
        var chunkPointers = new float*[rows];
        for (var i = 0; i < rows; i++)
            chunkPointers[i] = chunks[chunkOfRow[i]];

        fixed (int* tokenAt = tokens, positionAt = positions, slotAt = slots, outputAt = outputs)
        fixed (float** chunkAt = chunkPointers)
        {
            var step = new Step(team, layout)
            {
                Rows = rows,
                Tokens = tokenAt,
                Positions = positionAt,
                SlotOfRow = slotAt,
                ChunkOfRow = chunkAt,
                OutputCount = rows,
                OutputRows = outputAt,
                Logits = logits.Pointer,
                LogitsStride = model.OutputWidth,
                Arena = arena.Pointer,
                Plan = new AttentionPlan
                {
                    NodeCount = nodes.Count,
                    Chunk = chunks,
                    Count = [.. nodes.Select(static node => node.Count)],
                    FirstPosition = [.. nodes.Select(static node => node.First)],
                    RowBegin = [.. nodes.Select(static node => node.RowBegin)],
                    RowEnd = [.. nodes.Select(static node => node.RowEnd)],
                    BlockCount = 1,
                    BlockBegin = [0],
                    BlockEnd = [rows],
                    BlockNodeBegin = [0, nodes.Count],
                    BlockNodes = [.. Enumerable.Range(0, nodes.Count)],
                },
            };
            model.Prepare(rows, rows);
            model.Run(step);
        }

        return [.. Enumerable.Range(0, rows).Select(i => new ReadOnlySpan<float>(logits.Pointer + ((nint)i * model.OutputWidth), model.OutputWidth).ToArray())];
    }
}
