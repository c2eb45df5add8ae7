using Cambium.Runtime.Cache;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

/// <summary>The name of a chunk identifies its keys and values.</summary>
public class ChunkNameTests
{
    private static readonly RootKey Key = new("program", "checkpoint", "tenant");

    [Fact]
    public void Each_input_of_keys_and_values_changes_the_chunk_name()
    {
        var root = ChunkName.OfRoot(Key, 4);
        byte[][] names =
        [
            root,
            ChunkName.OfRoot(Key with { Program = "programc", Checkpoint = "heckpoint" }, 4),
            ChunkName.OfRoot(Key with { Program = "other" }, 4),
            ChunkName.OfRoot(Key with { Checkpoint = "other" }, 4),
            ChunkName.OfRoot(Key with { Tenant = "" }, 4),
            ChunkName.OfRoot(Key, 8),
            ChunkName.OfTokens(root, "", 0, [1, 2, 3]),
            ChunkName.OfTokens(root, "", 0, [1, 2, 4]),
            ChunkName.OfTokens(root, "", 0, [1, 2]),
            ChunkName.OfTokens(root, "", 1, [1, 2, 3]),
            ChunkName.OfTokens(root, "a", 0, [1, 2, 3]),
            ChunkName.OfTokens(ChunkName.OfTokens(root, "", 0, [1, 2, 3]), "", 0, [1, 2, 3]),
            ChunkName.OfGiven(root, 0, "prefix"),
            ChunkName.OfGiven(root, 1, "prefix"),
            ChunkName.OfGiven(root, 0, "other"),
        ];
        Assert.Equal(names.Length, names.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(names, static name => Assert.Equal(ChunkName.Length, name.Length));
    }

    // Files and other processes store these names.
    [Fact]
    public void Chunk_names_are_stable_between_versions() => Assert.Equal(
        "cb169ec0209dbdb0b276eb568bde0ba54ba2f9fdf8a76ca73ab6945d4d085bcb",
        Convert.ToHexStringLower(ChunkName.OfTokens(ChunkName.OfRoot(Key, 4), "tenant", 0, [1, 2, 3, 40000])));
}
