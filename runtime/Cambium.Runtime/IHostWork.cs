namespace Cambium.Runtime;

/// <summary>Host work in numbered items that may run in any order and on any thread.</summary>
public interface IHostWork
{
    /// <param name="item">Index of the item.</param>
    /// <param name="scratch">Memory for this item alone, aligned to 64 bytes; contents undefined.</param>
    void Run(int item, Span<byte> scratch);
}
