using Cambium.Runtime;
using Cambium.Serving.Tools;

namespace Cambium.Serving;

/// <summary>One call of a client: the request for the engine, and how to read the answer.</summary>
/// <param name="Request">The request with the whole prompt.</param>
/// <param name="Reader">Reads the parts of the answer; null if the answer is text.</param>
internal sealed record ChatTurn(Request Request, AnswerReader? Reader);
