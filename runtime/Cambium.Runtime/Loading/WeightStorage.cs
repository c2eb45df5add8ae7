namespace Cambium.Runtime.Loading;

/// <summary>The storage type of matrices, embeddings included. Vectors such as norms and biases stay in f32.</summary>
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

    /// <summary>
    /// The type that the checkpoint has: f32, bf16 and f16 elements and all quantized blocks of GGUF stay as they are, tensor by tensor. Results are
    /// those of <see cref="F32"/> with exact products.
    /// </summary>
    Stored,
}

/// <summary>The arithmetic of products of quantized weights; all other products are in f32.</summary>
public enum WeightProducts
{
    /// <summary>
    /// Each row of the other operand is rounded to int8, with an f32 scale for each 32 inputs. Products of a group are summed exactly in integers,
    /// then scaled and added in f32. Several times as fast as <see cref="Exact"/>; llama.cpp computes in the same way.
    /// </summary>
    Integer,

    /// <summary>Weights are widened to f32.</summary>
    Exact,
}

/// <summary>Sizes of <see cref="WeightStorage"/>.</summary>
public static class WeightStorages
{
    /// <summary>Inputs that share a scale.</summary>
    internal const int Group = 32;

    /// <summary>Bits of a weight, its share of a scale included. Of <see cref="WeightStorage.Stored"/> those of f32, the largest type.</summary>
    public static double Bits(this WeightStorage storage) => storage switch
    {
        WeightStorage.BF16 => 16,
        WeightStorage.Int8 => 8 + (32.0 / Group),
        WeightStorage.Int4 => 4 + (32.0 / Group),
        _ => 32,
    };

    /// <summary>The name in messages, such as <c>int8</c>.</summary>
    public static string Name(this WeightStorage storage) =>
        storage == WeightStorage.Stored ? "the types of the file" : storage.ToString().ToLowerInvariant();

    internal static bool HasScales(this WeightStorage storage) => storage is WeightStorage.Int8 or WeightStorage.Int4;
}
