namespace Cambium.Runtime;

/// <summary>What a program instance is made for.</summary>
/// <param name="Entry">Index of the model's entry point.</param>
/// <param name="MaxRows">Rows of the largest step.</param>
/// <param name="MaxOutputs">Results of the largest step.</param>
public readonly record struct ProgramLimits(int Entry, int MaxRows, int MaxOutputs);
