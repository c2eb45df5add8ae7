namespace Cambium;

/// <summary>Equal blocks, one after another, to be run through by <c>foreach</c>.</summary>
public sealed class BlockStack<T>
    where T : class
{
    private BlockStack()
    {
    }

    public IEnumerator<T> GetEnumerator() => throw ReadNotRun.Error("foreach");
}
