using System.Globalization;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Types of the values that the host passes to a kernel.</summary>
public enum FieldType
{
    /// <summary>Address of floats.</summary>
    Floats,

    /// <summary>Address of 32-bit integers.</summary>
    Ints,
    Int,
    Float,
    Bool,

    /// <summary>Cosines and sines of a rotary table.</summary>
    Rotary,

    /// <summary>The step: where each row's keys and values go.</summary>
    Step,
}

/// <summary>A value that the host passes to a kernel at its launch: what the emitters print as the host's expression.</summary>
public abstract record FieldSource(FieldType Type)
{
    public sealed record SizeOf(Size Value) : FieldSource(FieldType.Int)
    {
        public override string ToString() => Value.ToString();
    }

    /// <summary>A weight that kernels read as floats; of this layer, where it is in a stack.</summary>
    public sealed record Weight(string Name) : FieldSource(FieldType.Floats)
    {
        public override string ToString() => "@" + Name;
    }

    /// <summary>A buffer in working memory.</summary>
    public sealed record Buffer(int Value) : FieldSource(FieldType.Floats)
    {
        public override string ToString() => "%" + Value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A result of the entry point.</summary>
    public sealed record Result(int Index) : FieldSource(FieldType.Floats)
    {
        public override string ToString() => Index == 0 ? "result" : "result " + Index.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Elements from one row of a result to the next.</summary>
    public sealed record ResultStride(int Index) : FieldSource(FieldType.Int)
    {
        public override string ToString() => "stride of " + new Result(Index);
    }

    /// <summary>Ids of the rows: an input of the entry point, or the positions where <paramref name="Input"/> is null.</summary>
    public sealed record Ids(int? Input) : FieldSource(FieldType.Ints)
    {
        public override string ToString() => Input is { } input ? "ids of input " + input.ToString(CultureInfo.InvariantCulture) : "positions";
    }

    /// <summary>Indices of the rows whose result is wanted.</summary>
    public sealed record OutputRows() : FieldSource(FieldType.Ints)
    {
        public override string ToString() => "output rows";
    }

    public sealed record Rotary(string Option) : FieldSource(FieldType.Rotary)
    {
        public override string ToString() => "rotary " + Option;
    }

    public sealed record Step() : FieldSource(FieldType.Step)
    {
        public override string ToString() => "step";
    }

    /// <summary>The round of the enclosing loop.</summary>
    public sealed record Layer() : FieldSource(FieldType.Int)
    {
        public override string ToString() => "layer";
    }

    /// <summary>Columns of a segment's product that an epilogue gets per call. The target chooses the number if the epilogue accepts any.</summary>
    public sealed record Columns(int Segment) : FieldSource(FieldType.Int)
    {
        public override string ToString() => "columns of segment " + Segment.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A number that does not depend on the row.</summary>
    public sealed record Number(ScalarExpression Value) : FieldSource(FieldType.Float)
    {
        public override string ToString() => Value.ToString();
    }

    /// <summary>A condition that does not depend on the row.</summary>
    public sealed record Condition(ScalarExpression Value) : FieldSource(FieldType.Bool)
    {
        public override string ToString() => Value.ToString();
    }
}

/// <summary>A field of a slot's struct.</summary>
public sealed record KernelField(string Name, FieldSource Source);

/// <summary>The slots of the skeletons.</summary>
public enum SlotKind
{
    /// <summary>A program over each row.</summary>
    Row,

    /// <summary>Makes the rows that a product multiplies.</summary>
    Prologue,

    /// <summary>Finishes columns of a product.</summary>
    Epilogue,

    /// <summary>A function of each score of attention.</summary>
    Score,
}

/// <summary>A filled slot: a struct of the generated code, with the fields that the host sets at the launch.</summary>
public sealed record SlotPlan(SlotKind Kind, string Name, IReadOnlyList<KernelField> Fields)
{
    /// <summary>The name of the field that holds a value.</summary>
    public string this[FieldSource source] => Fields.FirstOrDefault(field => field.Source == source)?.Name
        ?? throw new InvalidOperationException(
            $"The plan of '{Name}' has no field for '{source}'; its fields are {string.Join(", ", Fields.Select(static field => field.Name))}.");
}
