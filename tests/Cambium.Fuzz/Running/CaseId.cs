namespace Cambium.Fuzz.Running;

/// <summary>A case: its kind, the seed of the run, and its index.</summary>
internal readonly record struct CaseId(string Kind, int Seed, int Index)
{
    /// <summary>The command that runs this case alone.</summary>
    public string Replay => $"dotnet run -c Release --project tests/Cambium.Fuzz -- --kind {Kind} --seed {Seed} --case {Index}";

    /// <summary>The random numbers of the case; the same in every process and on every machine.</summary>
    public Random Numbers()
    {
        var hash = 14695981039346656037UL;
        foreach (var c in $"{Kind} {Seed} {Index}")
            hash = unchecked((hash ^ c) * 1099511628211UL);
        // The low bits of neighbouring hashes differ too little for Random.
        hash = unchecked((hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15UL);
        return new Random((int)(hash >> 33));
    }
}
