using Cambium.Runtime.Cache;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

/// <summary>Names of keys and values: one name, one content.</summary>
public class ChunkNameTests
{
    private static readonly RootKey Key = new("program", "checkpoint", "tenant");

    [Fact]
    public void Whatever_changes_keys_and_values_changes_the_name()
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
            ChunkName.OfGiven(root, "", 0, "prefix"),
            ChunkName.OfGiven(root, "", 0, "other"),
        ];
        Assert.Equal(names.Length, names.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(names, static name => Assert.Equal(ChunkName.Length, name.Length));
    }

    // Files and other processes hold these names.
    [Fact]
    public void Names_stay_what_they_are() => Assert.Equal(
        "cb169ec0209dbdb0b276eb568bde0ba54ba2f9fdf8a76ca73ab6945d4d085bcb",
        Convert.ToHexStringLower(ChunkName.OfTokens(ChunkName.OfRoot(Key, 4), "tenant", 0, [1, 2, 3, 40000])));
}
