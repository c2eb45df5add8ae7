using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;

namespace Prefixes;

/// <summary>
/// Keys and values as a state of constant size (NTK-Attention): Z and k are the sums of phi(key) value^T / d and phi(key) / d, with
/// phi(x) = elu(x / d^(1/4)) + 1. It stands for any number of rows, and approximates them.
/// </summary>
internal static class Memory
{
    public static Prefix Of(Prefix rows, CompiledModel model)
    {
        var from = (RowData)((PrefixPart.Content)rows.Parts[0]).Data;
        var state = new StateData(model.CacheSites);
        var site = model.CacheSites[0];
        for (var layer = 0; layer < site.Layers; layer++)
        {
            for (var head = 0; head < site.QueryHeads; head++)
                Add(from, state, layer, head, head / (site.QueryHeads / site.KvHeads));
        }

        return new Prefix { Name = "memory", Method = "ntk", Parts = [new PrefixPart.Content(state, HasPositions: false)] };
    }

    private static void Add(RowData from, StateData state, int layer, int head, int keyHead)
    {
        var z = state.Z(0, layer, head);
        var k = state.K(0, layer, head);
        for (var row = 0; row < from.Rows; row++)
        {
            var key = from.Key(0, layer, keyHead, row);
            var value = from.Value(0, layer, keyHead, row);
            for (var d = 0; d < key.Length; d++)
            {
                var x = key[d] / MathF.Pow(key.Length, 0.25f);
                var phi = (x > 0 ? x + 1 : MathF.Exp(x)) / key.Length;
                k[d] += phi;
                for (var e = 0; e < value.Length; e++)
                    z[(d * value.Length) + e] += phi * value[e];
            }
        }
    }
}
