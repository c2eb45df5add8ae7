namespace Cambium.Runtime;

/// <summary>A request that goes on with a conversation.</summary>
/// <param name="Conversation">Its number.</param>
/// <param name="Keep">How long its keys and values stay in the tree afterwards.</param>
internal sealed record Turn(long Conversation, TimeSpan Keep);
