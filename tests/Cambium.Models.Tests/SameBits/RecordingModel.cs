using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Steps;

namespace Cambium.Models.Tests.SameBits;

/// <summary>A row of logits of a step.</summary>
/// <param name="Position">Position of the token that was computed.</param>
/// <param name="Token">The token.</param>
/// <param name="Bits">Digest of the bits of its logits.</param>
internal readonly record struct ResultRow(int Position, int Token, string Bits)
{
    /// <summary>Sorts rows, so that the order does not depend on the steps.</summary>
    public static ResultRow[] Sorted(IEnumerable<ResultRow> rows) =>
        [.. rows.OrderBy(static row => row.Position).ThenBy(static row => row.Token).ThenBy(static row => row.Bits, StringComparer.Ordinal)];
}

/// <summary>
/// Runs another model and keeps a digest of each row of logits. An observer is not enough: a request with an observer computes its whole prompt, but
/// the test needs rows that read a cached prefix.
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

    public override Device OpenDefaultDevice(DeviceOptions options) => TestDevice.Open(options);

    public override ModelProgram CreateProgram(Device device, in ProgramLimits limits, ChunkStore store) =>
        new Program(this, inner.CreateProgram(device, limits, store));

    protected override void Dispose(bool disposing) => inner.Dispose();

    private void Record(StepBatch batch, int output, ReadOnlySpan<float> logits)
    {
        var row = batch.OutputRows[output];
        _rows.Add(new ResultRow(batch.Positions[row], batch.Tokens[row], Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(logits)))));
    }

    private sealed class Program(RecordingModel model, ModelProgram inner) : DelegatingProgram(model, inner)
    {
        protected override void Complete()
        {
            base.Complete();
            for (var i = 0; i < Batch.OutputCount; i++)
                model.Record(Batch, i, Logits(i));
        }
    }
}
