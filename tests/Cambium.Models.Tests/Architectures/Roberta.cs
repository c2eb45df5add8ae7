namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// RoBERTa (Liu et al. 2019): the layers of BERT; the position table has reserved rows up to the padding token. Inputs have no padding.
/// </summary>
[Model("RobertaForSequenceClassification", "XLMRobertaForSequenceClassification")]
public sealed partial class Roberta
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_hidden_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Dim("max_position_embeddings")] public partial int Context { get; }
    [Dim("num_labels|id2label", Default = "2")] public partial int Labels { get; }
    [Option("layer_norm_eps", Default = 1e-5f)] public partial float Epsilon { get; }
    [Option("pad_token_id", Default = 1)] public partial int Padding { get; }
    [Weight("roberta.embeddings.word_embeddings.weight", "Vocab, Hidden")] public partial Tensor Words { get; }
    [Weight("roberta.embeddings.position_embeddings.weight", "Context, Hidden")] public partial Tensor Places { get; }
    [Weight("roberta.embeddings.token_type_embeddings.weight", "1, Hidden")] public partial Tensor Type { get; }
    [Weight("roberta.embeddings.LayerNorm.weight", "Hidden")] public partial Tensor Norm { get; }
    [Weight("roberta.embeddings.LayerNorm.bias", "Hidden")] public partial Tensor NormBias { get; }
    [Weight("classifier.dense.weight", "Hidden, Hidden")] public partial Tensor Dense { get; }
    [Weight("classifier.dense.bias", "Hidden")] public partial Tensor DenseBias { get; }
    [Weight("classifier.out_proj.weight", "Labels, Hidden")] public partial Tensor Classifier { get; }
    [Weight("classifier.out_proj.bias", "Labels")] public partial Tensor ClassifierBias { get; }
    [Blocks("roberta.encoder.layer.{i}", Count = nameof(Layers))] public partial BlockStack<BertLayer> Stack { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = LayerNorm(Words[tokens] + Places[Positions(tokens) + (Padding + 1)] + Reshape(Type, Hidden), Norm, NormBias, Epsilon);
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return x;
    }

    [EntryPoint(Rows = ResultRows.First)]
    public Tensor Classify(Tokens tokens) => Linear(Tanh(Linear(Forward(tokens), Dense, DenseBias)), Classifier, ClassifierBias);
}
