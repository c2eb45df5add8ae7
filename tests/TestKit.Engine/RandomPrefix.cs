using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;

namespace Cambium.TestKit;

/// <summary>Prefixes of random numbers, of each kind.</summary>
public static class RandomPrefix
{
    /// <summary>Keys and values.</summary>
    public static Prefix Rows(CompiledModel model, int rows, bool hasPositions, int seed) =>
        Of($"rows {rows}", new PrefixPart.Content(Fill(new RowData(model.CacheSites, rows), new Random(seed)), hasPositions));

    /// <summary>Keys and values with a softmax of their own.</summary>
    public static Prefix Side(CompiledModel model, int rows, int seed)
    {
        var random = new Random(seed);
        var data = Fill(new SideData(model.CacheSites, rows), random);
        for (var site = 0; site < data.Sites.Count; site++)
        {
            for (var layer = 0; layer < data.Sites[site].Layers; layer++)
                Fill(data.Gates(site, layer), random);
        }

        return Of($"side {rows}", new PrefixPart.Content(data, HasPositions: false));
    }

    /// <summary>A state in place of keys and values.</summary>
    public static Prefix State(CompiledModel model, int seed)
    {
        var random = new Random(seed);
        var data = new StateData(model.CacheSites);
        for (var site = 0; site < data.Sites.Count; site++)
        {
            for (var layer = 0; layer < data.Sites[site].Layers; layer++)
            {
                for (var head = 0; head < data.Sites[site].QueryHeads; head++)
                {
                    Fill(data.Z(site, layer, head), random);
                    foreach (ref var k in data.K(site, layer, head))
                        k = random.NextSingle();
                }
            }
        }

        return Of("state", new PrefixPart.Content(data, HasPositions: false));
    }

    /// <summary>No keys: a mark.</summary>
    public static Prefix Mark(string reason) => Of(reason, new PrefixPart.Mark(reason));

    private static Prefix Of(string name, PrefixPart part) => new() { Name = name, Method = "random", Parts = [part] };

    private static T Fill<T>(T data, Random random)
        where T : RowData
    {
        for (var site = 0; site < data.Sites.Count; site++)
        {
            for (var layer = 0; layer < data.Sites[site].Layers; layer++)
            {
                for (var head = 0; head < data.Sites[site].KvHeads; head++)
                {
                    for (var row = 0; row < data.Rows; row++)
                    {
                        Fill(data.Key(site, layer, head, row), random);
                        Fill(data.Value(site, layer, head, row), random);
                    }
                }
            }
        }

        return data;
    }

    private static void Fill(Span<float> numbers, Random random)
    {
        foreach (ref var number in numbers)
            number = (2 * random.NextSingle()) - 1;
    }
}
