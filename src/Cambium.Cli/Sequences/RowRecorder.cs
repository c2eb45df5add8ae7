using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Writes what is computed for one sequence to its tensors as it comes, so that nothing large is kept in memory.</summary>
/// <param name="output">The file.</param>
/// <param name="logits">Index of the tensor [tokens, width] of results.</param>
/// <param name="hidden">Index of the tensor [states, tokens, hidden size].</param>
/// <param name="tokens">Tokens of the sequence.</param>
/// <param name="rows">Positions that give results.</param>
internal sealed class RowRecorder(SafetensorsOutput output, int logits, int hidden, int tokens, ResultRows rows) : IPromptObserver
{
    public void Logits(int position, ReadOnlySpan<float> row)
    {
        // Positions past the sequence are its continuation.
        if (position < tokens)
            output.Write(logits, (rows == ResultRows.All ? (long)position : 0) * row.Length, MemoryMarshal.AsBytes(row));
    }

    public void Hidden(int index, int position, ReadOnlySpan<float> row)
    {
        if (position < tokens)
            output.Write(hidden, (((long)index * tokens) + position) * row.Length, MemoryMarshal.AsBytes(row));
    }
}
