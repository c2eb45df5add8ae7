using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Writes the results of one sequence to the file as they are computed, so that memory does not grow with the length.</summary>
/// <param name="output">The file.</param>
/// <param name="logits">Index of the result tensor [tokens, width].</param>
/// <param name="hidden">Index of the hidden state tensor [states, tokens, hidden size].</param>
/// <param name="tokens">Tokens of the sequence.</param>
/// <param name="rows">The positions with results.</param>
internal sealed class RowRecorder(SafetensorsOutput output, int logits, int hidden, int tokens, ResultRows rows) : IPromptObserver
{
    public void Logits(int position, ReadOnlySpan<float> row)
    {
        // Later positions are the continuation.
        if (position < tokens)
            output.Write(logits, (rows == ResultRows.All ? (long)position : 0) * row.Length, MemoryMarshal.AsBytes(row));
    }

    public void Hidden(int index, int position, ReadOnlySpan<float> row)
    {
        if (position < tokens)
            output.Write(hidden, (((long)index * tokens) + position) * row.Length, MemoryMarshal.AsBytes(row));
    }
}
