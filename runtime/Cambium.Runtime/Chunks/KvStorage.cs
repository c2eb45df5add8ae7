namespace Cambium.Runtime.Chunks;

/// <summary>
/// The storage type of the keys and values in a KV cache. A key or value is rounded once, when it is stored, and every query reads the rounded
/// numbers; all arithmetic is in f32. So for each storage the bits of a result do not depend on batch, cache content and threads.
/// </summary>
public enum KvStorage
{
    /// <summary>Four bytes for a number: keys and values as they were computed.</summary>
    F32,

    /// <summary>Two bytes: rounded to bf16.</summary>
    BF16,

    /// <summary>
    /// Integers of -127 to 127 with one f32 scale for each key and each value of a head and token. One with an element that is not finite is NaN.
    /// </summary>
    Int8,
}

/// <summary>Sizes of <see cref="KvStorage"/>.</summary>
public static class KvStorages
{
    /// <summary>Bytes of a number, without its share of a scale.</summary>
    public static int ElementBytes(this KvStorage storage) => storage switch { KvStorage.F32 => 4, KvStorage.BF16 => 2, _ => 1 };

    /// <summary>Whether each key and each value has an f32 scale.</summary>
    public static bool HasScales(this KvStorage storage) => storage == KvStorage.Int8;

    /// <summary>Bytes of a key and its value, scales included.</summary>
    public static double TokenBytes(this KvStorage storage, int keySize, int valueSize) =>
        ((double)storage.ElementBytes() * ((double)keySize + valueSize)) + (storage.HasScales() ? 2 * sizeof(float) : 0);

    /// <summary>The name as in options and files: f32, bf16, int8.</summary>
    public static string Name(this KvStorage storage) => storage switch { KvStorage.F32 => "f32", KvStorage.BF16 => "bf16", _ => "int8" };
}
