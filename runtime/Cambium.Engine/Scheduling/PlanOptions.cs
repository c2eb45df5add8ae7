namespace Cambium.Runtime.Scheduling;

/// <summary>Which rows are folded together. Decides speed only.</summary>
/// <param name="TwoPhase">
/// True: neighbouring rows of any sequences. False: rows of one sequence only. Null: rows with <paramref name="Threshold"/> keys in common, where the
/// device's cost model expects that to be faster.
/// </param>
/// <param name="Threshold">Keys that neighbouring rows must share, where <paramref name="TwoPhase"/> is null.</param>
/// <param name="MaxRows">Rows of the largest block.</param>
internal readonly record struct PlanOptions(bool? TwoPhase, int Threshold, int MaxRows);
