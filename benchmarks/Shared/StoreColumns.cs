using Cambium.Runtime.Cpu;

namespace Cambium.Benchmarks;

/// <summary>The minimal epilogue: stores finished columns.</summary>
/// <param name="output">[rows, stride] receives the product.</param>
/// <param name="stride">Floats from one row to the next.</param>
/// <param name="width">Columns of a group.</param>
internal readonly unsafe struct StoreColumns(float* output, int stride, int width) : IEpilogue
{
    public void Finish<V>(int segment, int group, int row, float* product, int partStride)
        where V : unmanaged, ILanes<V>
    {
        var begin = group * width;
        var columns = Math.Min(width, stride - begin);
        var target = output + ((nint)row * stride) + begin;
        for (var i = 0; i < columns; i += V.Count)
            V.StoreFirst(V.Load(product + i), target + i, columns - i);
    }
}
