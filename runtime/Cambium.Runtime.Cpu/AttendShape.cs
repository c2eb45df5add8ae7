namespace Cambium.Runtime.Cpu;

/// <summary>The sizes and options of one attention site.</summary>
/// <param name="Heads">Query heads; a multiple of <paramref name="KvHeads"/>. Query head h reads key/value head h / (Heads / KvHeads).</param>
/// <param name="KvHeads">Key/value heads.</param>
/// <param name="KeySize">Floats of one query or key.</param>
/// <param name="ValueSize">Floats of one value.</param>
/// <param name="Scale">Factor of the product of query and key; 0 becomes 1 / sqrt(<paramref name="KeySize"/>).</param>
/// <param name="Window">0, or a key is seen only while |query position - key position| &lt; Window.</param>
/// <param name="IsCausal">
/// A key is seen only from its own position on. Otherwise a query sees every written key of the nodes that the plan lists above its row, so all rows
/// of a sequence run in one step and lie below all of its nodes.
/// </param>
public readonly record struct AttendShape(int Heads, int KvHeads, int KeySize, int ValueSize, float Scale, int Window, bool IsCausal = true)
{
    /// <summary>Factor of the product of query and key, never 0.</summary>
    // A setting of a checkpoint may be 0 as well, so this is decided here and not by the generator.
    public float Scale { get; init; } = Scale == 0 ? 1 / MathF.Sqrt(KeySize) : Scale;
}
