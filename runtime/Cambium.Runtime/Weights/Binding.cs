namespace Cambium.Runtime.Weights;

/// <summary>What generated code needs to bind a program to a checkpoint.</summary>
public static class Binding
{
    private const int LargestDim = 1 << 28;

    /// <summary>Version of what generated code calls.</summary>
    public const int Contract = 2;

    /// <summary>Refuses code that was generated for another version of the runtime.</summary>
    /// <exception cref="NotSupportedException">The two do not fit.</exception>
    public static void RequireContract(int contract, string model)
    {
        if (contract != Contract)
            throw new NotSupportedException($"'{model}' was generated for contract {contract} of the Cambium runtime, but this is contract {Contract}. Build the model's project again with the generator of the same version as Cambium.Runtime {typeof(Binding).Assembly.GetName().Version?.ToString(3)}.");
    }

    /// <summary>A size from the config: at least 1.</summary>
    /// <param name="path">Dotted path; alternatives separated by <c>|</c>.</param>
    /// <param name="fallback">Its value where the config does not have it; null where it must.</param>
    /// <exception cref="CheckpointException">The size is missing, no integer, or out of range.</exception>
    public static int Dim(ModelConfig config, string path, Func<int>? fallback = null)
    {
        var value = config.Has(path) || fallback is null ? config.Int(path) : fallback();
        return value is > 0 and <= LargestDim
            ? value
            : throw new CheckpointException(config.File, $"field '{path}'", $"is {value}, expected a size between 1 and {LargestDim}");
    }

    /// <summary>Refuses a checkpoint whose config says something for which the class is not right.</summary>
    /// <exception cref="CheckpointException">The setting is there and has another value.</exception>
    public static void Expect(ModelConfig config, string path, params ReadOnlySpan<string> values)
    {
        if (config.Word(path) is { } found && !values.Contains(found))
            throw new CheckpointException(config.File, $"field '{path}'", $"is '{found}', expected '{string.Join("' or '", values)}'", "The class computes nothing else; write one that does.");
    }

    /// <summary>Refuses rotary positions that turn more than a head has.</summary>
    /// <param name="head">Numbers of the head that is rotated.</param>
    /// <param name="what">The option in the author's names.</param>
    /// <exception cref="CheckpointException">They do.</exception>
    public static void Turns(ModelConfig config, RotaryTable table, int head, string what)
    {
        if (table.Size > head)
            throw new CheckpointException(config.File, null, $"{what} turns {table.Size} numbers of each head, expected at most {head}", "Correct the sizes, or give the option the size of the heads that it rotates.");
    }

    /// <summary>A division that must leave no remainder.</summary>
    /// <param name="what">The division in the author's names.</param>
    /// <exception cref="CheckpointException">It leaves one.</exception>
    public static int Quotient(ModelConfig config, int a, int b, string what) =>
        b != 0 && a % b == 0 ? a / b : throw new CheckpointException(config.File, null, $"{what} is {a} / {b}, which leaves a remainder", "Correct one of the two.");

    /// <summary>Floats that a buffer takes: whole cache lines, and room to read a vector beyond its end.</summary>
    public static long SlotFloats(long floats) => ((floats + 15) & ~15L) + 64;

    /// <summary>Disposes of what was made before loading failed, and of everything afterwards.</summary>
    public static void DisposeAll<T>(T?[]? items)
        where T : class, IDisposable
    {
        foreach (var item in items ?? [])
            item?.Dispose();
    }
}
