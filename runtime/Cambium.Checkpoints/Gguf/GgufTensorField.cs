namespace Cambium.Checkpoints;

/// <summary>A field of config.json that GGUF metadata do not have, because it follows from the file's tensors.</summary>
/// <param name="Field">The field, such as <c>vocab_size</c>.</param>
/// <param name="Value">What the field says about the tensor.</param>
/// <param name="Tensor">Full GGUF name of the tensor; <c>*</c> matches any characters, such as <c>blk.*.attn_*.bias</c>.</param>
public sealed record GgufTensorField(string Field, GgufTensorValue Value, string Tensor);

/// <summary>What a <see cref="GgufTensorField"/> says about a tensor.</summary>
public enum GgufTensorValue
{
    /// <summary>The number of its rows; the file has to have the tensor.</summary>
    Rows,

    /// <summary>true if the file has such a tensor, or else false.</summary>
    IsPresent,

    /// <summary>false if the file has such a tensor, or else true.</summary>
    IsAbsent,
}
