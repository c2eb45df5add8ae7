namespace Cambium.Runtime.Loading;

/// <summary>The storage type of matrices, embeddings included. Vectors such as norms and biases stay in f32; all arithmetic is in f32.</summary>
public enum WeightStorage
{
    /// <summary>Four bytes for a weight, as in the checkpoint.</summary>
    F32,

    /// <summary>Two bytes: rounded to bf16. Exact if the checkpoint is in bf16.</summary>
    BF16,

    /// <summary>Integers of -127 to 127 with a group-wise f32 scale for each 32 inputs of an output: nine bits for a weight.</summary>
    Int8,

    /// <summary>
    /// Integers of -8 to 7 with a group-wise f32 scale for each 32 inputs of an output: five bits for a weight. Tables that are looked up, such as
    /// embeddings, and heads tied to them are stored as <see cref="Int8"/>.
    /// </summary>
    Int4,
}

/// <summary>Sizes of <see cref="WeightStorage"/>.</summary>
public static class WeightStorages
{
    /// <summary>Inputs that share a scale.</summary>
    internal const int Group = 32;

    /// <summary>Bits of a weight, its share of a scale included.</summary>
    public static double Bits(this WeightStorage storage) => storage.BitsAlone() + (storage.HasScales() ? 32.0 / Group : 0);

    internal static int BitsAlone(this WeightStorage storage) =>
        storage switch { WeightStorage.F32 => 32, WeightStorage.BF16 => 16, WeightStorage.Int8 => 8, _ => 4 };

    internal static bool HasScales(this WeightStorage storage) => storage is WeightStorage.Int8 or WeightStorage.Int4;
}
