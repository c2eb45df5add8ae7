using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Positions;

namespace Cambium.Runtime.Loading;

/// <summary>Called by generated code to bind a program to a checkpoint.</summary>
public static class Binding
{
    private const int LargestDim = 1 << 28;

    // Kernels compute with sizes in 32 bits and round them up to whole vectors.
    private const int LargestSize = 1 << 30;

    // The deepest published models have less than 200.
    private const int MostLayers = 4096;

    /// <summary>Version of the API that generated code calls.</summary>
    public const int Contract = 6;

    /// <summary>Refuses code that was generated for another version of the runtime.</summary>
    /// <exception cref="NotSupportedException">The versions differ.</exception>
    public static void RequireContract(int contract, string model)
    {
        if (contract != Contract)
            throw new NotSupportedException(
                $"'{model}' was generated for contract {contract} of the Cambium runtime, but this is contract {Contract}. Build the model's "
                + "project again with the generator of the same version as Cambium.Runtime "
                + $"{typeof(Binding).Assembly.GetName().Version?.ToString(3)}.");
    }

    /// <summary>A size from the config: at least 1.</summary>
    /// <param name="path">Dotted path; alternatives separated by <c>|</c>.</param>
    /// <param name="fallback">The value if the config does not have it; null if it is required.</param>
    /// <exception cref="CheckpointException">The size is missing, not an integer, or out of range.</exception>
    public static int Dim(ModelConfig config, string path, Func<int>? fallback = null)
    {
        var value = config.Has(path) || fallback is null ? config.Size(path) : fallback();
        return value is > 0 and <= LargestDim
            ? value
            : throw new CheckpointException(config.File, $"field '{path}'", $"is {value}, expected a size between 1 and {LargestDim}");
    }

    /// <summary>A size that the model computes from dims and integer options. It fits 32 bits afterwards.</summary>
    /// <param name="value">Computes it in checked 64-bit arithmetic.</param>
    /// <param name="isExtent">It counts something, so it must be at least 1.</param>
    /// <param name="size">The expression, in the author's names.</param>
    /// <param name="symbols">The names in it, with their values.</param>
    /// <exception cref="CheckpointException">The size is out of range, or its computation divides by 0.</exception>
    public static int Size(ModelConfig config, Func<long> value, bool isExtent, string size, params ReadOnlySpan<(string Name, long Value)> symbols)
    {
        string found;
        var expected = isExtent ? $"1 to {LargestSize}" : $"at most {LargestSize}";
        try
        {
            var number = value();
            if (number <= LargestSize && number >= (isExtent ? 1 : -LargestSize))
                return (int)number;
            found = $"is {number}";
        }
        catch (OverflowException)
        {
            found = "does not fit into 64 bits";
        }
        catch (DivideByZeroException)
        {
            (found, expected) = ("divides by 0", "another divisor");
        }

        throw new CheckpointException(config.File, null, $"{size} {found}, expected {expected}{Values(symbols)}", "Correct the sizes.");
    }

    /// <summary>Refuses a stack of very many layers that have no tensor each, or only under a condition: no file bounds their number.</summary>
    /// <param name="layers">The number of layers.</param>
    /// <param name="size">The expression for it, in the author's names.</param>
    /// <param name="symbols">The names in it, with their values.</param>
    /// <exception cref="CheckpointException">There are too many.</exception>
    public static void Layers(ModelConfig config, int layers, string size, params ReadOnlySpan<(string Name, long Value)> symbols)
    {
        if (layers > MostLayers)
        {
            throw new CheckpointException(
                config.File, null, $"{size} is {layers}, expected at most {MostLayers} layers without a tensor for each{Values(symbols)}",
                "Correct the number of layers.");
        }
    }

    /// <summary>Checks a number that the model computes from its settings.</summary>
    /// <param name="value">Computes it for a layer.</param>
    /// <param name="layers">How many layers compute it; 1 where it does not depend on the layer.</param>
    /// <param name="isDivisor">The model divides by it.</param>
    /// <param name="number">The expression, in the author's names.</param>
    /// <param name="symbols">The names in it, with their values.</param>
    /// <exception cref="CheckpointException">The number is not finite, or 0 and a divisor.</exception>
    public static void Number(
        ModelConfig config, Func<int, double> value, int layers, bool isDivisor, string number,
        params ReadOnlySpan<(string Name, double Value)> symbols)
    {
        for (var layer = 0; layer < layers; layer++)
        {
            string found;
            try
            {
                var result = value(layer);
                if (double.IsFinite(result) && (result != 0 || !isDivisor))
                    continue;
                found = string.Create(CultureInfo.InvariantCulture, $"is {result}");
            }
            catch (DivideByZeroException)
            {
                found = "divides by 0";
            }

            throw new CheckpointException(
                config.File, null,
                $"{number} {found}{(layers == 1 ? "" : $" in layer {layer}")}, "
                    + $"expected a finite number{(isDivisor ? " other than 0, because the model divides by it" : "")}{Values(symbols)}",
                "Correct the settings.");
        }
    }

    /// <summary>Names with their values, as the end of a message.</summary>
    internal static string Values<T>(ReadOnlySpan<(string Name, T Value)> symbols)
        where T : IFormattable
    {
        var words = new List<string>();
        foreach (var (name, value) in symbols)
            words.Add($"{name} is {value.ToString(null, CultureInfo.InvariantCulture)}");
        return words.Count == 0 ? "" : ": " + string.Join(", ", words);
    }

    /// <summary>
    /// A whole number. A field that is null is 0: as Python's None, it turns the setting off, which is not the same as its default.
    /// </summary>
    /// <param name="fallback">The value if the config does not have the field; null if it is required.</param>
    /// <exception cref="CheckpointException">It has another type, or is absent without a fallback.</exception>
    public static int Int(ModelConfig config, string path, int? fallback = null) => config.IsNull(path) ? 0 : config.Int(path, fallback);

    /// <summary>A number; null is 0, as in <see cref="Int"/>.</summary>
    /// <inheritdoc cref="Int"/>
    public static float Float(ModelConfig config, string path, float? fallback = null) => config.IsNull(path) ? 0 : config.Float(path, fallback);

    /// <summary>true or false; null is false, as in <see cref="Int"/>.</summary>
    /// <inheritdoc cref="Int"/>
    public static bool Bool(ModelConfig config, string path, bool? fallback = null) => !config.IsNull(path) && config.Bool(path, fallback);

    /// <summary>Refuses a checkpoint whose config has a value that the class does not implement.</summary>
    /// <exception cref="CheckpointException">The setting exists and has another value.</exception>
    public static void Expect(ModelConfig config, string path, params ReadOnlySpan<string> values)
    {
        if (config.Word(path) is { } found && !values.Contains(found))
            throw new CheckpointException(
                config.File,
                $"field '{path}'",
                $"is '{found}', expected '{string.Join("' or '", values)}'",
                "This class supports no other value; use or write a class for this variant.");
    }

    /// <summary>The name of the config's value, one of those that the class implements.</summary>
    /// <param name="fallback">Its name if the config does not have it; null if it is required.</param>
    /// <param name="choices">
    /// For each value its name, then the spellings in a config; a name without spellings is its own, and case and underscores do not matter.
    /// </param>
    /// <exception cref="CheckpointException">The setting is missing, or is not one of them.</exception>
    public static string Choice(ModelConfig config, string path, string? fallback, params ReadOnlySpan<string[]> choices) =>
        config.Word(path) is { } found ? Chosen(config, path, found, choices)
        : fallback ?? throw new CheckpointException(
            config.File, $"field '{path}'", $"is absent, expected {Accepted(choices)}",
            "Add the field, or use the configuration that belongs to this checkpoint.");

    /// <summary>As <see cref="Choice"/>, for a list.</summary>
    /// <param name="needed">The least number of values.</param>
    /// <inheritdoc cref="Choice"/>
    public static string[] Choices(ModelConfig config, string path, int needed, string? fallback, params ReadOnlySpan<string[]> choices)
    {
        if (!config.Has(path) && fallback is not null)
            return [.. Enumerable.Repeat(fallback, needed)];
        var found = config.Texts(path, needed);
        for (var i = 0; i < found.Length; i++)
            found[i] = Chosen(config, path, found[i], choices);
        return found;
    }

    /// <summary>How many values of a list an index expression reads.</summary>
    /// <param name="count">Iterations of the loop that reads.</param>
    public static int Needed(int count, Func<int, int> index) => Enumerable.Range(0, count).Select(index).DefaultIfEmpty(-1).Max() + 1;

    private static string Chosen(ModelConfig config, string path, string found, ReadOnlySpan<string[]> choices)
    {
        foreach (var choice in choices)
        {
            if (choice.Length == 1
                ? string.Equals(choice[0].Replace("_", ""), found.Replace("_", ""), StringComparison.OrdinalIgnoreCase)
                : choice.AsSpan(1).Contains(found))
                return choice[0];
        }

        throw new CheckpointException(
            config.File,
            $"field '{path}'",
            $"is '{found}', expected {Accepted(choices)}",
            "This class supports no other value; use or write a class for this variant.");
    }

    private static string Accepted(ReadOnlySpan<string[]> choices)
    {
        var words = new List<string>();
        foreach (var choice in choices)
            words.AddRange((choice.Length == 1 ? choice : choice[1..]).Where(static spelling => spelling.Length > 0));
        return $"'{string.Join("' or '", words)}'";
    }

    /// <summary>Refuses rotary positions that rotate more numbers than a head has.</summary>
    /// <param name="head">Size of the head that is rotated.</param>
    /// <param name="what">The option, in the author's names.</param>
    /// <exception cref="CheckpointException">The rotation is larger than the head.</exception>
    public static void Rotation(ModelConfig config, RotaryTable table, int head, string what)
    {
        if (table.Size > head)
            throw new CheckpointException(
                config.File,
                null,
                $"{what} rotates {table.Size} numbers of each head, expected at most {head}",
                "Correct the sizes, or give the option the size of the heads that it rotates.");
    }

    /// <summary>A division that must leave no remainder.</summary>
    /// <param name="what">The division in the author's names.</param>
    /// <exception cref="CheckpointException">There is a remainder.</exception>
    public static int Quotient(ModelConfig config, int a, int b, string what) =>
        b != 0 && a % b == 0
            ? a / b
            : throw new CheckpointException(config.File, null, $"{what} is {a} / {b}, which leaves a remainder", "Correct one of the two.");

    /// <summary>Checks that a slice of a row lies inside it.</summary>
    /// <param name="slice">The slice, in the author's names.</param>
    /// <param name="row">The row, in the author's names.</param>
    /// <exception cref="CheckpointException">It does not.</exception>
    public static void Slice(ModelConfig config, int begin, int count, int whole, string slice, string row)
    {
        if (begin < 0 || count <= 0 || (long)begin + count > whole)
            throw new CheckpointException(
                config.File, null, $"makes the model take {slice} of {row}, which is {count} from {begin} on of {whole}", "Correct the sizes.");
    }

    /// <summary>Bytes of a buffer: whole cache lines, and room to read a vector after its end.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="rowBytes">Bytes of a row; not positive where no step uses the buffer.</param>
    /// <exception cref="InsufficientMemoryException">More than any memory; the message has both numbers.</exception>
    public static long SlotBytes(long rows, long rowBytes) => ((BufferSize.Of(rows, Math.Max(0, rowBytes)) + 63) & ~63L) + 256;

    /// <summary><see cref="SlotBytes"/> of one row of floats, in floats.</summary>
    public static long VectorFloats(long floats) => SlotBytes(1, checked(floats * sizeof(float))) / sizeof(float);

    /// <summary>Disposes of items, some of which may be missing after a failed load.</summary>
    public static void DisposeAll<T>(T?[]? items)
        where T : class, IDisposable
    {
        foreach (var item in items ?? [])
            item?.Dispose();
    }
}
