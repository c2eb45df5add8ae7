using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Decides which results may overwrite an operand: the kernel must not read an element of the operand after it writes the same element of the result.
/// </summary>
internal static class InPlace
{
    /// <summary>Operands that a result of a kernel may overwrite.</summary>
    public static IEnumerable<int> OverwritableBy(Kernel kernel, int value)
    {
        List<RowProgram> programs = kernel switch
        {
            GatherKernel { After: { } after } => [after],
            RowwiseKernel rowwise => [rowwise.Program],
            MatmulKernel matmul => [.. matmul.Segments.Select(static segment => segment.Epilogue)],
            _ => [],
        };
        var owner = programs.FirstOrDefault(program => program.Writes.Contains(value));
        if (owner is null)
            yield break;
        foreach (var operand in owner.Reads.Where(operand => operand != value))
        {
            // The prologue of one row may still run while the columns of another row are finished.
            if (kernel is MatmulKernel matmul && (operand == matmul.Input || (matmul.Prologue?.Reads.Contains(operand) ?? false)))
                continue;
            if (programs.Any(program => program != owner && program.Reads.Contains(operand)) || owner.Writes.Contains(operand))
                continue;
            if (IsElementwise(owner, operand, value))
                yield return operand;
        }
    }

    private static bool IsElementwise(RowProgram program, int operand, int value)
    {
        var inputs = program.Inputs.Select(static (input, index) => (input, index))
            .Where(pair => pair.input.Place is Place.Buffer buffer && buffer.Value == operand).ToList();
        if (inputs.Any(static pair =>
            pair.input.Access != Access.Full || pair.input.Place is not Place.Buffer { Selected: false, Offset: null, Stride: null }))
            return false;
        var isWritten = false;
        foreach (var stage in program.Stages)
        {
            if (isWritten && Reads(stage))
                return false;
            if (stage is RowStage.Elements elements && elements.Writes.Any(write => write.Place is Place.Buffer buffer && buffer.Value == value))
                isWritten = true;
        }

        return isWritten;

        bool Reads(RowStage stage) => stage switch
        {
            RowStage.Elements elements => elements.Values.SelectMany(static expression => expression.Walk()).OfType<ScalarExpression.Element>()
                .Any(element => inputs.Any(pair => pair.index == element.Index)),
            RowStage.Append append => append.Place is Place.Buffer buffer && buffer.Value == operand,
            _ => false,
        };
    }
}
