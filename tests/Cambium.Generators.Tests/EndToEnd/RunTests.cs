using System.Reflection;
using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Loading checks a slice whose size depends on the checkpoint.</summary>
public sealed class RunTests
{
    [Theory]
    [InlineData(3, 4, false, null)]
    [InlineData(3, 6, false, "makes the model take Part from First on of Hidden, which is 6 from 3 on of 8")]
    [InlineData(9, 1, false, "which is 1 from 9 on of 8")]
    // The branch that is not selected can have an invalid slice.
    [InlineData(9, 1, true, null)]
    public void A_slice_must_be_inside_the_row(int first, int part, bool whole, string? refusal)
    {
        BuiltModel Build() => BuiltModel.Build(
            [Source],
            new() { ["hidden"] = 8, ["first"] = first, ["part"] = part, ["vocab"] = 11, ["whole"] = whole, ["max_position_embeddings"] = 64 });
        if (refusal is null)
        {
            using var model = Build();
            return;
        }

        var error = Assert.IsType<CheckpointException>(Assert.Throws<TargetInvocationException>(Build).InnerException);
        Assert.Contains(refusal, error.Message, StringComparison.Ordinal);
    }

    private const string Source = """
        [Model]
        public partial class Taking
        {
            [Dim("hidden")] public partial int Hidden { get; }
            [Dim("first")] public partial int First { get; }
            [Dim("part")] public partial int Part { get; }
            [Dim("vocab")] public partial int Vocab { get; }
            [Option("whole")] public partial bool Whole { get; }
            [Weight("embed", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("up", "Hidden, Part")] public partial Tensor Up { get; }
            [Weight("square", "Hidden, Hidden")] public partial Tensor Square_ { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                if (Whole)
                    x = Linear(x, Square_);
                else
                    x = Linear(Slice(x, First, Part), Up);
                return Linear(x, Embedding);
            }
        }
        """;
}
