namespace Cambium.Runtime;

/// <summary>How a step's attention was cut, and what that saves.</summary>
/// <param name="Rows">Rows of the step.</param>
/// <param name="Blocks">Blocks that they were cut into.</param>
/// <param name="SharedBlocks">Blocks that fold rows of more than one sequence together: two-phase attention. 0 where one sequence after the other was expected to be as fast.</param>
/// <param name="EstimatedSaving">How much less time the step's attention takes than one sequence after the other, as a share of the latter, by the planner's model of costs.</param>
/// <param name="MeasuredSaving">
/// The same as it was measured: now and then one layer of a step is computed by the other blocks, which gives the same bits, and timed. Of the last steps with shared blocks that were measured; null before the first.
/// </param>
public readonly record struct AttentionDecision(int Rows, int Blocks, int SharedBlocks, double EstimatedSaving, double? MeasuredSaving);
