namespace Cambium.Runtime;

/// <summary>A row of a step whose result is wanted.</summary>
/// <param name="Index">Index among the results.</param>
/// <param name="Answer">The sequence it belongs to.</param>
/// <param name="TokenIndex">Index of the row's token in the sequence.</param>
/// <param name="IsNewest">Whether it is the newest token, so that the next one is sampled from the result.</param>
internal readonly record struct StepOutput(int Index, Generation Answer, int TokenIndex, bool IsNewest);
