namespace Cambium;

/// <summary>A stack of blocks of one class, for a <c>foreach</c> loop.</summary>
public sealed class BlockStack<T>
    where T : class
{
    private BlockStack()
    {
    }

    /// <summary>The blocks with their indices in the stack, from 0: <c>foreach (var (index, block) in Blocks.Index())</c>.</summary>
    public IEnumerable<(int Index, T Block)> Index() => throw ReadNotRun.Error("foreach");

    public IEnumerator<T> GetEnumerator() => throw ReadNotRun.Error("foreach");
}
