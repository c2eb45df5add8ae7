using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Steps;
using Cambium.Text.Templates;

namespace Cambium.Runtime;

/// <summary>Rows of an entry point's inputs beside its tokens.</summary>
internal sealed unsafe class InputBuffers : IDisposable
{
    private readonly EntryPoint _entry;
    private readonly NativeBuffer?[] _buffers;

    public InputBuffers(EntryPoint entry, int rows)
    {
        _entry = entry;
        _buffers = new NativeBuffer?[entry.Inputs.Count];
        for (var i = 1; i < _buffers.Length; i++)
            _buffers[i] = new NativeBuffer((long)rows * Math.Max(1, entry.Inputs[i].Width));
    }

    /// <summary>Copies a sequence's inputs to its rows.</summary>
    public void Copy(EncoderInput input, int row)
    {
        for (var i = 1; i < _buffers.Length; i++)
        {
            var (name, width) = (_entry.Inputs[i].Name, _entry.Inputs[i].Width);
            var target = _buffers[i]!.Pointer + ((nint)row * Math.Max(1, width));
            var source = width == 0 ? MemoryMarshal.AsBytes(input.Ids[name].Span) : MemoryMarshal.AsBytes(input.Floats[name].Span);
            source.CopyTo(new Span<byte>(target, source.Length));
        }
    }

    public void PointFrom(Step step)
    {
        for (var i = 1; i < _buffers.Length; i++)
            step.Inputs[i] = (nint)_buffers[i]!.Pointer;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer?.Dispose();
    }
}
