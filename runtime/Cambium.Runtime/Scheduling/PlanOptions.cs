namespace Cambium.Runtime.Scheduling;

/// <summary>Which rows are folded together. Decides speed only.</summary>
/// <param name="TwoPhase">True: whichever rows are neighbours. False: rows of one sequence only. Null: rows with <paramref name="Threshold"/> keys in common.</param>
/// <param name="Threshold">Keys that neighbouring rows must share, where <paramref name="TwoPhase"/> is null.</param>
/// <param name="MaxRows">Rows of a block at most.</param>
/// <param name="Parallelism">Threads that take blocks.</param>
/// <param name="Heads">Key/value heads: every block is that many pieces of work.</param>
internal readonly record struct PlanOptions(bool? TwoPhase, int Threshold, int MaxRows, int Parallelism = 1, int Heads = 1);
