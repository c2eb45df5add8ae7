using Cambium.Checkpoints;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime.Cpu;

/// <summary>How one weight lies in memory.</summary>
internal enum WeightKind
{
    F32,
    BF16,
    F16,
    Quantized,
}

/// <summary>Rounds a group of up to 32 finite weights to integers times a scale.</summary>
/// <returns>The scale.</returns>
internal delegate float GroupRounding(ReadOnlySpan<float> weights, Span<sbyte> numbers);

/// <summary>The format of one packed weight: a kind and, for quantized kinds, the layout of codes and scales.</summary>
internal sealed class WeightFormat
{
    public static readonly WeightFormat F32 = new(WeightKind.F32, "f32");
    public static readonly WeightFormat BF16 = new(WeightKind.BF16, "bf16");
    public static readonly WeightFormat F16 = new(WeightKind.F16, "f16");
    public static readonly WeightFormat Int8 = new(WeightKind.Quantized, "int8") { Layout = new(8, 128), Rounding = Quantization.ToInt8 };
    public static readonly WeightFormat Int4 = new(WeightKind.Quantized, "int4") { Layout = new(4, 8), Rounding = Quantization.ToInt4 };

    private WeightFormat(WeightKind kind, string name) => (Kind, Name) = (kind, name);

    /// <summary>The kind.</summary>
    public WeightKind Kind { get; }

    /// <summary>The name, for messages.</summary>
    public string Name { get; }

    /// <summary>The layout of a quantized kind.</summary>
    public QuantizedLayout? Layout { get; private init; }

    /// <summary>The rounding of f32 weights; null for the types of files, which are not made of f32 weights.</summary>
    public GroupRounding? Rounding { get; private init; }

    /// <summary>The blocks of a file.</summary>
    public BlockFormat? Blocks { get; private init; }

    /// <summary>The format of a storage type other than <see cref="WeightStorage.Stored"/>.</summary>
    public static WeightFormat Of(WeightStorage storage) => storage switch
    {
        WeightStorage.BF16 => BF16,
        WeightStorage.Int8 => Int8,
        WeightStorage.Int4 => Int4,
        _ => F32,
    };

    /// <summary>The format that keeps the elements of a file as they are.</summary>
    public static WeightFormat Of(ElementType type) => type switch
    {
        ElementType.BF16 => BF16,
        ElementType.F16 => F16,
        _ when type.Blocks() is { } blocks => new WeightFormat(WeightKind.Quantized, type.Name())
        {
            Blocks = blocks,
            Layout = QuantizedLayout.Of(blocks),
        },
        _ => F32,
    };

    /// <summary>Bytes of a panel.</summary>
    public long PanelBytes(int inputs, int panel) => Kind switch
    {
        WeightKind.F32 => sizeof(float) * (long)inputs * panel,
        WeightKind.Quantized => Layout!.PanelBytes(inputs, panel),
        _ => sizeof(ushort) * (long)inputs * panel,
    };
}
