namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// Qwen2 (Yang et al. 2024) with a classifier on the last token, like the reference implementation's <c>ForSequenceClassification</c>.
/// </summary>
[Model("Qwen2ForSequenceClassification")]
public sealed partial class Qwen2Classifier : RmsNormDecoder
{
    [Dim("num_labels|id2label", Default = "2")]
    public partial int Labels { get; }

    [Weight("score.weight", "Labels, Hidden")]
    public partial Tensor Score { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Qwen2Block> Blocks { get; }

    [EntryPoint(Rows = ResultRows.Last)]
    public Tensor Classify(Tokens tokens) => Linear(Forward(tokens), Score);

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }

    // Forward gives the hidden states.
    protected override Tensor Output(Tensor x) => x;
}
