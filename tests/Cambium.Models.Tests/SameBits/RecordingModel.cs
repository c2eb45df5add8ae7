using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Steps;
using Cambium.Text.Templates;

namespace Cambium.Models.Tests.SameBits;

/// <summary>A result of a step.</summary>
/// <param name="Position">Position of the token that was computed.</param>
/// <param name="Token">The token.</param>
/// <param name="Bits">Digest of the bits of its logits.</param>
internal readonly record struct ResultRow(int Position, int Token, string Bits)
{
    /// <summary>Rows in an order that does not depend on the steps they were computed in.</summary>
    public static ResultRow[] Sorted(IEnumerable<ResultRow> rows) =>
        [.. rows.OrderBy(static row => row.Position).ThenBy(static row => row.Token).ThenBy(static row => row.Bits, StringComparer.Ordinal)];
}

/// <summary>
/// Runs another model and keeps a digest of every row of results. An observer would not do: a request that has one computes its whole prompt,
/// and it is the rows that were read from the tree that have to be looked at.
/// </summary>
internal sealed class RecordingModel(CompiledModel inner) : CompiledModel
{
    private readonly List<ResultRow> _rows = [];

    /// <summary>Rows since the last call.</summary>
    public ResultRow[] TakeRows()
    {
        var rows = ResultRow.Sorted(_rows);
        _rows.Clear();
        return rows;
    }

    public override ModelDefinition Definition => inner.Definition;

    public override IReadOnlyList<EntryPoint> EntryPoints => inner.EntryPoints;

    public override long ArenaBytes(int entry, int maxRows, int maxOutputs) => inner.ArenaBytes(entry, maxRows, maxOutputs);

    public override void Prepare(int entry, int maxRows, int maxOutputs) => inner.Prepare(entry, maxRows, maxOutputs);

    public override unsafe void Run(int entry, Step step)
    {
        inner.Run(entry, step);
        for (var i = 0; i < step.OutputCount; i++)
        {
            var row = step.OutputRows[i];
            var logits = new ReadOnlySpan<float>(step.Logits + ((nint)i * step.LogitsStride), OutputWidth);
            _rows.Add(new ResultRow(step.Positions[row], step.Tokens[row], Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(logits)))));
        }
    }

    protected override void Dispose(bool disposing) => inner.Dispose();
}
