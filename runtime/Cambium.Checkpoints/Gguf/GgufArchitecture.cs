namespace Cambium.Checkpoints;

/// <summary>
/// How GGUF files of one architecture map to a Hugging Face checkpoint of the same model: metadata to fields of config.json, tensor names to tensor
/// names. A model class declares its architectures in <c>DeclareGguf</c>; it then sees a GGUF file as it sees a Hugging Face folder.
/// </summary>
/// <remarks>
/// Metadata and tensors that the mapping does not mention do not pass silently: an unmapped tensor is an error, and so is a setting that changes the
/// computation (such as <c>attention.scale</c>) with any value except the neutral one.
/// </remarks>
/// <param name="Name"><c>general.architecture</c> of the file, such as <c>llama</c>. Keys of the architecture's settings begin with it.</param>
/// <param name="Class">The entry of <c>architectures</c> in config.json that selects the class, such as <c>LlamaForCausalLM</c>.</param>
public sealed record GgufArchitecture(string Name, string Class)
{
    /// <summary>
    /// Metadata keys without the architecture's name (<c>block_count</c> for <c>llama.block_count</c>), with the field of config.json that each
    /// becomes. A key that the file does not have is left out.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Fields of config.json that every model of the architecture has, with their values as JSON (a text keeps its quotes: <c>"\"silu\""</c>).
    /// </summary>
    public IReadOnlyDictionary<string, string> Constants { get; init; } = new Dictionary<string, string>();

    /// <summary>Fields of config.json that follow from the file's tensors.</summary>
    public IReadOnlyList<GgufTensorField> TensorFields { get; init; } = [];

    /// <summary>
    /// GGUF tensor names with the names that the class declares, both without <c>.weight</c> or <c>.bias</c>. <c>{i}</c> is the number of a block:
    /// <c>blk.{i}.attn_q</c> and <c>model.layers.{i}.self_attn.q_proj</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Tensors { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// GGUF names of tensors whose rows are interleaved within each head: row 2k holds row k of the class, row 2k + 1 holds row k + half a head.
    /// The converter of llama.cpp stores queries and keys in this order where its rotary embedding rotates neighbours.
    /// </summary>
    public IReadOnlyList<string> InterleavedRows { get; init; } = [];

    /// <summary>
    /// GGUF names of matrices that the file stores as [out, in] where the class declares [in, out]. Vectors of the same name keep their order.
    /// </summary>
    public IReadOnlyList<string> Transposed { get; init; } = [];

    /// <summary>The class's name of a GGUF tensor; null where the architecture does not map it.</summary>
    internal string? NameOf(string tensor)
    {
        var (pattern, block, suffix) = Split(tensor);
        return suffix.Length > 0 && Tensors.TryGetValue(pattern, out var known)
            ? known.Replace("{i}", block, StringComparison.Ordinal) + suffix
            : null;
    }

    internal bool IsInterleaved(string tensor) => InterleavedRows.Contains(Split(tensor).Pattern, StringComparer.Ordinal);

    internal bool IsTransposed(string tensor) => Transposed.Contains(Split(tensor).Pattern, StringComparer.Ordinal);

    private static (string Pattern, string Block, string Suffix) Split(string tensor)
    {
        var end = tensor.LastIndexOf('.');
        if (end < 0 || tensor[end..] is not (".weight" or ".bias"))
            return (tensor, "", "");
        var name = tensor[..end];
        return name.Split('.') is ["blk", var number, var part] && number.Length > 0 && number.All(char.IsAsciiDigit)
            ? ($"blk.{{i}}.{part}", number, tensor[end..])
            : (name, "", tensor[end..]);
    }
}
