using Cambium.Checkpoints;

namespace Cambium.Runtime.Loading;

// Parts of a checkpoint that the class passes over. Each of them is legitimate in some checkpoints and makes results wrong in others.
public sealed unsafe partial class CheckpointReader
{
    private const int NamesInWarning = 8;

    private readonly Dictionary<string, bool> _ties = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];

    // All names of expected tensors. A file can have one tensor under several of them.
    private readonly HashSet<string> _spellings = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether a weight shares the tensor of another one: it does if the checkpoint has no tensor of its own for it, or says that both are tied and
    /// has the same numbers twice. A tensor with other numbers is used, with a warning, as the reference implementation does.
    /// </summary>
    /// <param name="setting">Config path of the boolean that says so, such as <c>tie_word_embeddings</c>.</param>
    /// <param name="tensor">The weight's own tensor, such as <c>lm_head.weight</c>.</param>
    /// <param name="target">The tensor that it may share, such as <c>model.embed_tokens.weight</c>.</param>
    /// <exception cref="CheckpointException">The setting is not true or false.</exception>
    public bool IsTied(string setting, string tensor, string target)
    {
        (tensor, target) = (NameOf(tensor), NameOf(target));
        if (_ties.TryGetValue(tensor, out var known))
            return known;
        var isTied = Config.Bool(setting, !_files.Has(tensor));
        if (isTied && _files.Has(tensor) && _files.Has(target) && !HaveSameNumbers(_files.Require(tensor), _files.Require(target)))
        {
            _warnings.Add(
                $"{Config.File}: field '{setting}' is true, but tensor '{tensor}' differs from '{target}'. Both tensors are used. "
                + "Set the field to false if that is intended; otherwise remove the tensor.");
            isTied = false;
        }

        return _ties[tensor] = isTied;
    }

    private IReadOnlyList<string> Warnings()
    {
        var warnings = new List<string>(_warnings);
        warnings.AddRange(Config.UnreadSettings().Select(setting =>
            $"{Config.File}: field '{setting.Path}' is {setting.Value}, and the class does not read it. If it changes what the model computes, the "
            + "results are wrong: declare it in the class with [Option] or, for the values that it implements, [Expects]; or with [Ignores]."));
        var tensors = Unread().Where(name => !IsComputable(name) && !_spellings.Contains(name) && !_ties.GetValueOrDefault(name)).ToList();
        if (tensors.Count > 0)
        {
            var names = string.Join(", ", tensors.Take(NamesInWarning))
                + (tensors.Count > NamesInWarning ? $" and {tensors.Count - NamesInWarning} more" : "");
            warnings.Add(
                $"{Folder}: {tensors.Count} of {_files.Names.Count} tensors are not read by the class: {names}. If they belong to it, "
                + "the results are wrong: declare them with [Weight], or correct the setting that omits them.");
        }

        return warnings;
    }

    // Buffers that other implementations save although they can be computed: frequencies of rotary positions, causal masks, position numbers.
    private bool IsComputable(string name) =>
        name.EndsWith(".inv_freq", StringComparison.Ordinal) || name.EndsWith(".masked_bias", StringComparison.Ordinal)
        || name.EndsWith("position_ids", StringComparison.Ordinal)
        || (name.EndsWith(".bias", StringComparison.Ordinal) && _files.Require(name).Tensor.Shape is [1, 1, var rows, var columns]
            && rows == columns);

    private bool HaveSameNumbers(StoredTensor a, StoredTensor b)
    {
        if (!a.Shape.SequenceEqual(b.Shape) || !FloatConversion.Supports(a.Tensor.Type) || !FloatConversion.Supports(b.Tensor.Type))
            return false;
        float[] left = new float[SliceFloats], right = new float[SliceFloats];
        fixed (float* x = left, y = right)
        {
            for (long done = 0; done < a.Tensor.Elements; done += SliceFloats)
            {
                Cancellation.ThrowIfCancellationRequested();
                var count = (int)Math.Min(SliceFloats, a.Tensor.Elements - done);
                a.Widen(done, count, x);
                b.Widen(done, count, y);
                if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                    return false;
            }
        }

        return true;
    }
}
