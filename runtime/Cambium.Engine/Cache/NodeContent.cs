using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cache;

/// <summary>
/// The content of a node that is not made of tokens, such as a learned prefix. It takes no page: its memory belongs to the loaded prefix, one copy
/// for all nodes and tenants.
/// </summary>
/// <param name="Kind">What it adds to attention.</param>
/// <param name="Identity">SHA-256 of the content in hexadecimal digits: equal identities below one node are one node.</param>
/// <param name="Number">Its number in the chunk store; -1 for a mark.</param>
/// <param name="Keys">Keys that the tokens below it attend to; of a state, as many as cost the same.</param>
/// <param name="Positions">Logical positions that it occupies: the tokens after it start that much later.</param>
/// <param name="Name">For people: in dumps of the tree and in messages.</param>
public sealed record NodeContent(NodeKind Kind, string Identity, int Number, int Keys, int Positions, string Name)
{
    /// <summary>The node of a part that is in the chunk store.</summary>
    internal static NodeContent Of(PrefixPart.Content part, string identity, int number, string name) => new(
        part.Data switch { SideData => NodeKind.Side, StateData => NodeKind.State, _ => NodeKind.Rows },
        identity, number, part.Data.Keys, part.HasPositions ? part.Data.Keys : 0, name);
}
