namespace Cambium.Runtime;

/// <summary>The conversation that a request continues.</summary>
/// <param name="Conversation">Its number.</param>
/// <param name="Keep">How long its chunks stay in the tree afterwards.</param>
internal sealed record Turn(long Conversation, TimeSpan Keep);
