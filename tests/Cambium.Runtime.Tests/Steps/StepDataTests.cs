using Cambium.Runtime.Steps;
using Xunit;

namespace Cambium.Runtime.Tests.Steps;

/// <summary>The data of a step that a device copies as a whole.</summary>
public class StepDataTests
{
    [Fact]
    public void The_views_of_a_batch_fill_its_block()
    {
        var batch = new StepBatch(3, 2, 0, 4);
        batch.Tokens.Fill(1);
        batch.Positions.Fill(2);
        batch.PageOfRow.Fill(3);
        batch.SlotOfRow.Fill(4);
        batch.OutputRows.Fill(5);
        Assert.Equal([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5], batch.Block.ToArray());
        Assert.Equal((3, 12), (batch.Ids(1).Length, batch.Floats(2).Length));
        Assert.Equal(((4 * 3) + 2 + 3 + 12) * sizeof(int), StepBatch.Bytes(3, 2, 0, 4));
    }

    [Fact]
    public void The_views_of_a_plan_fill_its_block()
    {
        var plan = new AttentionPlan();
        plan.Reserve(2);
        plan.Kind.Fill(NodeKind.Tokens);
        plan.Page.Fill(1);
        plan.Count.Fill(2);
        plan.FirstPosition.Fill(3);
        plan.RowBegin.Fill(4);
        plan.RowEnd.Fill(5);
        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], plan.Block.ToArray());
    }

    [Fact]
    public void Row_blocks_keep_their_lists_when_they_grow()
    {
        var blocks = new RowBlocks(2, 3);
        blocks.Count = 2;
        blocks.Begin[0] = 0;
        blocks.End[0] = blocks.Begin[1] = 4;
        blocks.End[1] = 9;
        int[] nodeBegin = [0, 2, 3];
        nodeBegin.CopyTo(blocks.NodeBegin);
        int[] nodes = [7, 8, 9];
        nodes.CopyTo(blocks.Nodes);
        Assert.Equal([0, 4, 4, 9, 0, 2, 3, 7, 8, 9], blocks.Block.ToArray());

        blocks.Reserve(3, 5);
        Assert.Equal([0, 4], blocks.Begin[..2].ToArray());
        Assert.Equal([4, 9], blocks.End[..2].ToArray());
        Assert.Equal(nodeBegin, blocks.NodeBegin[..3].ToArray());
        Assert.Equal(nodes, blocks.Nodes[..3].ToArray());
        Assert.True(blocks.Nodes.Length >= 5);
    }
}
