namespace Cambium.Checkpoints;

/// <summary>The error for a missing tensor, with the nearest existing name.</summary>
internal static class MissingTensor
{
    public static CheckpointException Error(string file, string name, ICollection<string> present)
    {
        string? nearest = present.Count > 20_000 ? null : present.Where(IsComparable).MinBy(candidate => Distance(candidate, name));
        return new CheckpointException(
            file,
            $"tensor '{name}'",
            $"is missing; found {present.Count} other tensors{(nearest is null ? "" : $", the closest name is '{nearest}'")}",
            "The checkpoint belongs to another architecture or is incomplete; check 'architectures' in its config.json.");
    }

    /// <summary>The distance takes the product of both lengths, and a file may have names of many megabytes.</summary>
    public static bool IsComparable(string name) => name.Length <= 256;

    /// <summary>Levenshtein distance.</summary>
    public static int Distance(string a, string b)
    {
        int[] row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
