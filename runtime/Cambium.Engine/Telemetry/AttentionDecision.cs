namespace Cambium.Runtime;

/// <summary>The blocks of a step's attention, and the time that they save.</summary>
/// <param name="Rows">Rows of the step.</param>
/// <param name="Blocks">Blocks.</param>
/// <param name="SharedBlocks">
/// Blocks with rows of several sequences: two-phase attention. 0 if separate sequences were expected to be as fast.
/// </param>
/// <param name="EstimatedSaving">
/// How much less time attention takes than with separate sequences, as a share of the latter, by the device's cost model.
/// </param>
/// <param name="MeasuredSaving">
/// The measured saving of the last steps with shared blocks. From time to time one layer of a step is timed with separate sequences, which gives the
/// same bits. Null before the first measurement.
/// </param>
public readonly record struct AttentionDecision(int Rows, int Blocks, int SharedBlocks, double EstimatedSaving, double? MeasuredSaving);
