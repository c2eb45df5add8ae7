using Cambium.Runtime;
using Cambium.Serving.Tools;

namespace Cambium.Serving;

/// <summary>One call of a client: what the engine is asked, and how its answer is read.</summary>
/// <param name="Request">With the whole prompt.</param>
/// <param name="Format">How calls of tools are written; null where there are no tools.</param>
/// <param name="IsCall">Whether the prompt ends inside of a call.</param>
internal sealed record ChatTurn(Request Request, ToolFormat? Format, bool IsCall);
