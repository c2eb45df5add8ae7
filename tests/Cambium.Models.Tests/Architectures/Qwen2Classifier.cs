namespace Cambium.Models.Tests.Architectures;

/// <summary>Qwen2 (Yang et al. 2024) with a classifier on the last token of a text, as the reference implementation's <c>ForSequenceClassification</c> has it.</summary>
[Model("Qwen2ForSequenceClassification")]
public sealed partial class Qwen2Classifier
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_hidden_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Dim("num_labels|id2label", Default = "2")] public partial int Labels { get; }
    [Option("rms_norm_eps", Default = 1e-6f)] public partial float Epsilon { get; }
    [Weight("model.embed_tokens.weight", "Vocab, Hidden")] public partial Tensor Embedding { get; }
    [Weight("model.norm.weight", "Hidden")] public partial Tensor Norm { get; }
    [Weight("score.weight", "Labels, Hidden")] public partial Tensor Score { get; }
    [Blocks("model.layers.{i}", Count = nameof(Layers))] public partial BlockStack<Qwen2Block> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return RmsNorm(x, Norm, Epsilon);
    }

    [EntryPoint(Rows = ResultRows.Last)]
    public Tensor Classify(Tokens tokens) => Linear(Forward(tokens), Score);
}
