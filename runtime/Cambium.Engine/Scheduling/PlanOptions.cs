namespace Cambium.Runtime.Scheduling;

/// <summary>Which rows are folded together. Decides speed only.</summary>
/// <param name="TwoPhase">True: whichever rows are neighbours. False: rows of one sequence only. Null: rows with <paramref name="Threshold"/> keys in common, where that takes less time by <see cref="AttentionCost"/>.</param>
/// <param name="Threshold">Keys that neighbouring rows must share, where <paramref name="TwoPhase"/> is null.</param>
/// <param name="MaxRows">Rows of a block at most.</param>
/// <param name="Parallelism">Threads that take blocks.</param>
/// <param name="Heads">Key/value heads: every block is that many pieces of work.</param>
/// <param name="QueriesPerRow">Query heads that read the same key/value head.</param>
/// <param name="BytesPerKey">Bytes of a key and its value over all heads of a layer.</param>
internal readonly record struct PlanOptions(bool? TwoPhase, int Threshold, int MaxRows, int Parallelism = 1, int Heads = 1, int QueriesPerRow = 1, int BytesPerKey = 0);
