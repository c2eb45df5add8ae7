using Cambium.Runtime.Loading;

namespace Cambium.Cli;

/// <summary>How a command holds and multiplies weight matrices.</summary>
/// <param name="Storage">The storage type.</param>
/// <param name="Products">The arithmetic of products of quantized weights.</param>
internal readonly record struct WeightChoice(WeightStorage Storage, WeightProducts Products)
{
    /// <summary>The checkpoint's weights without any rounding.</summary>
    public static WeightChoice Exact => new(WeightStorage.Stored, WeightProducts.Exact);

    /// <summary>Folders of LoRA adapters that are added to the weights; null for none.</summary>
    public IReadOnlyList<string>? Adapters { get; init; }

    /// <summary>Whether results may differ from <see cref="Exact"/>.</summary>
    public bool IsRounded => Storage is not (WeightStorage.F32 or WeightStorage.Stored) || Products == WeightProducts.Integer;
}
