using Cambium.Runtime;
using Cambium.Serving.Tools;

namespace Cambium.Serving;

/// <summary>One call of a client: the request for the engine, and how to read the answer.</summary>
/// <param name="Request">The request with the whole prompt.</param>
/// <param name="Format">How the model writes tool calls; null without tools.</param>
/// <param name="IsCall">Whether the prompt ends inside a tool call.</param>
internal sealed record ChatTurn(Request Request, ToolFormat? Format, bool IsCall);
