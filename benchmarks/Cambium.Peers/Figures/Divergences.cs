using Cambium.Cli.Sequences;

namespace Cambium.Benchmarks;

/// <param name="Llama">Mean KL divergence of llama.cpp from f32, in nats per position.</param>
/// <param name="Cambium">That of Cambium.</param>
internal sealed record PeerDivergence(double Llama, double Cambium)
{
    /// <summary>Most that Cambium's divergence may be of llama.cpp's, for its speed to count.</summary>
    public const double Most = 1.1;

    // Two engines that compute a file exactly differ from f32 by the rounding of sums only.
    private const double Rounding = 1e-6;

    public bool IsSmallEnough => Cambium <= Math.Max(Most * Llama, Rounding);
}

/// <summary>
/// KL divergences of next-token distributions from those of the f32 file, for the same 512 random tokens. The reference are the logits of Cambium
/// with f32 weights, f32 keys and values, and f32 arithmetic.
/// </summary>
internal sealed class Divergences(WeightFiles files, int threads, CancellationToken cancellation)
{
    private readonly Dictionary<string, PeerDivergence> _known = new(StringComparer.Ordinal);
    private readonly int[] _tokens = Prompts.Random(512, seed: 3);
    private float[]? _reference;

    public PeerDivergence? Find(ModelPair pair) => _known.GetValueOrDefault(pair.Name);

    public PeerDivergence Compute(ModelPair pair)
    {
        if (_reference is null)
        {
            _reference = new float[_tokens.Length * RandomLlama.Vocabulary];
            using var model = new CambiumModel(files.Find(WeightFile.F32, false, cancellation), cancellation);
            model.Logits(threads, _tokens, (position, row) => row.CopyTo(Reference(position)));
        }

        var (llama, cambium) = (new Divergence(), new Divergence());
        pair.Cambium.Logits(threads, _tokens, (position, row) => cambium.Add(Reference(position), row));
        using (var session = pair.Llama.Open(threads, _tokens.Length))
            session.Logits(_tokens, (position, row) => llama.Add(Reference(position), row));
        return _known[pair.Name] = new PeerDivergence(llama.Mean, cambium.Mean);
    }

    private Span<float> Reference(int position) =>
        _reference.AsSpan(position * RandomLlama.Vocabulary, RandomLlama.Vocabulary);
}
