namespace Cambium.Models.Tests.Architectures;

/// <summary>BERT (Devlin et al. 2019): an encoder of tokens and token types, and a classifier on the first token.</summary>
[Model("BertForSequenceClassification")]
public sealed partial class Bert
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_hidden_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Dim("max_position_embeddings")] public partial int Context { get; }
    [Dim("type_vocab_size", Default = "2")] public partial int TypeCount { get; }
    [Dim("num_labels", Default = "5")] public partial int Labels { get; }
    [Option("layer_norm_eps", Default = 1e-12f)] public partial float Epsilon { get; }
    [Weight("bert.embeddings.word_embeddings.weight|embeddings.word_embeddings.weight", "Vocab, Hidden")] public partial Tensor Words { get; }
    [Weight("bert.embeddings.position_embeddings.weight|embeddings.position_embeddings.weight", "Context, Hidden")]
    public partial Tensor Places { get; }
    [Weight("bert.embeddings.token_type_embeddings.weight|embeddings.token_type_embeddings.weight", "TypeCount, Hidden")]
    public partial Tensor Types { get; }
    [Weight("bert.embeddings.LayerNorm.weight|embeddings.LayerNorm.weight", "Hidden")] public partial Tensor Norm { get; }
    [Weight("bert.embeddings.LayerNorm.bias|embeddings.LayerNorm.bias", "Hidden")] public partial Tensor NormBias { get; }
    [Weight("bert.pooler.dense.weight", "Hidden, Hidden")] public partial Tensor Pooler { get; }
    [Weight("bert.pooler.dense.bias", "Hidden")] public partial Tensor PoolerBias { get; }
    [Weight("classifier.weight", "Labels, Hidden")] public partial Tensor Classifier { get; }
    [Weight("classifier.bias", "Labels")] public partial Tensor ClassifierBias { get; }
    [Blocks("bert.encoder.layer.{i}|encoder.layer.{i}", Count = nameof(Layers))] public partial BlockStack<BertLayer> Stack { get; }

    public Tensor Forward(Tokens tokens, Tokens types)
    {
        var x = LayerNorm(Words[tokens] + Places[Positions(tokens)] + Types[types], Norm, NormBias, Epsilon);
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return x;
    }

    [EntryPoint(Rows = ResultRows.First)]
    public Tensor Classify(Tokens tokens, Tokens types) =>
        Linear(Tanh(Linear(Forward(tokens, types), Pooler, PoolerBias)), Classifier, ClassifierBias);
}

[Block]
[Expects("hidden_act", "gelu")]
[Expects("position_embedding_type", "absolute")]
public sealed partial class BertLayer
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_attention_heads")] public partial int Heads { get; }
    [Dim("intermediate_size")] public partial int Inner { get; }
    [Option("layer_norm_eps", Default = 1e-12f)] public partial float Epsilon { get; }
    [Weight("attention.self.query.weight", "Hidden, Hidden")] public partial Tensor Q { get; }
    [Weight("attention.self.query.bias", "Hidden")] public partial Tensor QBias { get; }
    [Weight("attention.self.key.weight", "Hidden, Hidden")] public partial Tensor K { get; }
    [Weight("attention.self.key.bias", "Hidden")] public partial Tensor KBias { get; }
    [Weight("attention.self.value.weight", "Hidden, Hidden")] public partial Tensor V { get; }
    [Weight("attention.self.value.bias", "Hidden")] public partial Tensor VBias { get; }
    [Weight("attention.output.dense.weight", "Hidden, Hidden")] public partial Tensor Output { get; }
    [Weight("attention.output.dense.bias", "Hidden")] public partial Tensor OutputBias { get; }
    [Weight("attention.output.LayerNorm.weight", "Hidden")] public partial Tensor AttentionNorm { get; }
    [Weight("attention.output.LayerNorm.bias", "Hidden")] public partial Tensor AttentionNormBias { get; }
    [Weight("intermediate.dense.weight", "Inner, Hidden")] public partial Tensor Up { get; }
    [Weight("intermediate.dense.bias", "Inner")] public partial Tensor UpBias { get; }
    [Weight("output.dense.weight", "Hidden, Inner")] public partial Tensor Down { get; }
    [Weight("output.dense.bias", "Hidden")] public partial Tensor DownBias { get; }
    [Weight("output.LayerNorm.weight", "Hidden")] public partial Tensor MlpNorm { get; }
    [Weight("output.LayerNorm.bias", "Hidden")] public partial Tensor MlpNormBias { get; }

    public Tensor Forward(Tensor x)
    {
        var attended = Attend(InHeads(Linear(x, Q, QBias)), InHeads(Linear(x, K, KBias)), InHeads(Linear(x, V, VBias)), causal: false);
        x = LayerNorm(x + Linear(Reshape(attended, Hidden), Output, OutputBias), AttentionNorm, AttentionNormBias, Epsilon);
        return LayerNorm(x + Linear(Gelu(Linear(x, Up, UpBias)), Down, DownBias), MlpNorm, MlpNormBias, Epsilon);
    }

    private Tensor InHeads(Tensor x) => Reshape(x, Heads, Hidden / Heads);
}
