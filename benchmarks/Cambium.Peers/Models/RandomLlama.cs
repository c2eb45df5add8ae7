namespace Cambium.Benchmarks;

/// <summary>
/// A Llama of 134 million random weights as a GGUF file: hidden size 768, 12 layers, 12 heads of 64, MLP 2048, vocabulary 32000, head not tied. It
/// fits on any machine and is much larger than the CPU caches.
/// </summary>
internal static class RandomLlama
{
    public const int Vocabulary = 32000;
    public const int Context = 4096;

    /// <summary>Ids from this one on are pieces of text: before them are three special tokens and 256 bytes.</summary>
    public const int FirstPiece = 3 + 256;

    private const int Hidden = 768;
    private const int Layers = 12;
    private const int Heads = 12;
    private const int Intermediate = 2048;

    // Logits with a standard deviation of 3 give the most likely of 32000 tokens a probability of about 0.3, as in text.
    private const double LogitDeviation = 3;

    /// <summary>Weights that multiply every row.</summary>
    public const double BlockWeights = (double)Layers * ((4L * Hidden * Hidden) + (3L * Hidden * Intermediate));

    /// <summary>Weights of the head, which multiply rows with logits only.</summary>
    public const double HeadWeights = (double)Vocabulary * Hidden;

    /// <summary>Share of all weights that one decode step reads: everything but the embeddings.</summary>
    public const double ReadShare = (BlockWeights + HeadWeights) / (BlockWeights + (2 * HeadWeights));

    /// <summary>FLOPs of prefill: products of all rows with the blocks and of one row with the head, and attention under a causal mask.</summary>
    public static double PrefillFlops(int tokens) =>
        (2.0 * tokens * BlockWeights) + (2.0 * HeadWeights) + (2.0 * Layers * Hidden * tokens * (tokens + 1.0));

    /// <param name="path">The file to write.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    public static void Write(string path, CancellationToken cancellation)
    {
        var file = new GgufWriter();
        file.Add("general.architecture", "llama");
        file.Add("general.name", "Random Llama, 134 million weights");
        file.Add("general.file_type", 0);
        file.Add("llama.context_length", Context);
        file.Add("llama.embedding_length", Hidden);
        file.Add("llama.block_count", Layers);
        file.Add("llama.feed_forward_length", Intermediate);
        file.Add("llama.attention.head_count", Heads);
        file.Add("llama.attention.head_count_kv", Heads);
        file.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        file.Add("llama.rope.dimension_count", Hidden / Heads);
        file.Add("llama.rope.freq_base", 10000f);
        file.Add("llama.vocab_size", Vocabulary);
        AddTokenizer(file);
        AddWeights(file);
        file.Save(path, cancellation);
    }

    // SentencePiece's BPE over lower-case letters: every text of up to three letters is a token, and so are most of those after a space. A piece is
    // reached by merges because all of its parts are pieces with better scores.
    private static void AddTokenizer(GgufWriter file)
    {
        string[] letters = [.. Enumerable.Range('a', 26).Select(static letter => $"{(char)letter}")];
        string[] pairs = [.. letters.SelectMany(first => letters.Select(second => first + second))];
        var triples = pairs.SelectMany(pair => letters.Select(last => pair + last));
        string[] special = ["<unk>", "<s>", "</s>"];
        string[] tokens =
        [
            .. special,
            .. Enumerable.Range(0, 256).Select(static value => $"<0x{value:X2}>"),
            .. ((string[])["▁"]).Concat(letters).Concat(pairs).Concat(letters.Concat(pairs).Select(static text => "▁" + text)).Concat(triples)
                .Concat(triples.Select(static text => "▁" + text)).Take(Vocabulary - FirstPiece),
        ];
        const int normal = 1, unknown = 2, control = 3, ofByte = 6;
        file.Add("tokenizer.ggml.model", "llama");
        file.Add("tokenizer.ggml.pre", "default");
        file.Add("tokenizer.ggml.tokens", tokens);
        file.Add("tokenizer.ggml.scores", [.. tokens.Select(static (_, id) => id < FirstPiece ? 0f : FirstPiece - 1f - id)]);
        file.Add("tokenizer.ggml.token_type",
            [.. tokens.Select(static (_, id) => id == 0 ? unknown : id < 3 ? control : id < FirstPiece ? ofByte : normal)]);
        file.Add("tokenizer.ggml.unknown_token_id", 0);
        file.Add("tokenizer.ggml.bos_token_id", 1);
        file.Add("tokenizer.ggml.eos_token_id", 2);
        file.Add("tokenizer.ggml.add_bos_token", true);
        file.Add("tokenizer.ggml.add_eos_token", false);
    }

    private static void AddWeights(GgufWriter file)
    {
        var seed = 0UL;
        void Matrix(string name, int rows, int columns, double deviation, int zeros = 0)
        {
            var normal = new NormalNumbers(++seed);
            file.AddTensor(name, rows, columns, (row, i) =>
            {
                normal.Fill(row, (float)deviation);
                if (i < zeros)
                    row.Clear();
            });
        }

        void Ones(string name) => file.AddTensor(name, 1, Hidden, static (row, _) => row.Fill(1));

        var (small, wide) = (1 / Math.Sqrt(Hidden), 1 / Math.Sqrt(Intermediate));
        Matrix("token_embd.weight", Vocabulary, Hidden, 1);
        for (var i = 0; i < Layers; i++)
        {
            Ones($"blk.{i}.attn_norm.weight");
            foreach (var name in (string[])["attn_q", "attn_k", "attn_v", "attn_output"])
                Matrix($"blk.{i}.{name}.weight", Hidden, Hidden, small);
            Ones($"blk.{i}.ffn_norm.weight");
            Matrix($"blk.{i}.ffn_gate.weight", Intermediate, Hidden, small);
            Matrix($"blk.{i}.ffn_up.weight", Intermediate, Hidden, small);
            Matrix($"blk.{i}.ffn_down.weight", Hidden, Intermediate, wide);
        }

        Ones("output_norm.weight");
        // Special tokens and bytes have a logit of zero, which is never the largest. So a greedy answer has no EOS and no incomplete character.
        Matrix("output.weight", Vocabulary, Hidden, LogitDeviation * small, zeros: FirstPiece);
    }
}
