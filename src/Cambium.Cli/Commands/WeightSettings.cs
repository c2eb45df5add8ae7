using System.CommandLine;
using Cambium.Runtime.Loading;

namespace Cambium.Cli.Commands;

/// <summary>The options <c>--weights</c> and <c>--products</c>.</summary>
/// <param name="products">The default of <c>--products</c>.</param>
internal sealed class WeightSettings(WeightProducts products)
{
    private readonly Option<WeightStorage> _storage = EnumOption.Create(
        "--weights",
        "Format of weight matrices in memory: stored (the types of the checkpoint; "
            + "GGUF blocks stay as they are), f32, or rounded at load to bf16 (16 bits "
        + "per weight), or to int8 (9) or int4 (5) with group-wise scales.",
        WeightStorage.Stored,
        WeightStorage.Stored, WeightStorage.F32, WeightStorage.BF16, WeightStorage.Int8, WeightStorage.Int4);

    private readonly Option<WeightProducts> _products = EnumOption.Create(
        "--products",
        "Arithmetic of products of quantized weights: integer (rows are rounded to int8 in groups of 32; "
            + "several times as fast) or exact (weights are widened "
        + "to f32).",
        products,
        WeightProducts.Integer, WeightProducts.Exact);

    public void AddTo(Command command)
    {
        command.Options.Add(_storage);
        command.Options.Add(_products);
    }

    public WeightChoice Read(ParseResult parsed) => new(parsed.GetValue(_storage), parsed.GetValue(_products));
}
