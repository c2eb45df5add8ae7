namespace Cambium;

/// <summary>Equal blocks, one after another, to be run through by <c>foreach</c>.</summary>
public sealed class BlockStack<T>
    where T : class
{
    private BlockStack()
    {
    }

    /// <summary>The blocks with their places in the stack, from 0: <c>foreach (var (index, block) in Blocks.Index())</c>.</summary>
    public IEnumerable<(int Index, T Block)> Index() => throw ReadNotRun.Error("foreach");

    public IEnumerator<T> GetEnumerator() => throw ReadNotRun.Error("foreach");
}
