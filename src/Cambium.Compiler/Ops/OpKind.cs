namespace Cambium.Compiler.Ops;

/// <summary>The class of an op. Passes, fusion and emitters ask for the kind; they ask for a name only where one op differs from its kind.</summary>
public enum OpKind
{
    /// <summary>A weight, a constant, a dim or an option. Costs nothing in a step.</summary>
    Source,

    /// <summary>
    /// Token ids or positions of the rows, or numbers made from them. Kernels read these from the step's plan, so they have no buffer.
    /// </summary>
    RowIds,

    /// <summary>One result element from the elements at the same place, with broadcasting.</summary>
    Elementwise,

    /// <summary>The last axis becomes one element.</summary>
    Reduction,

    /// <summary>Mixes elements inside the last axis of a row.</summary>
    Group,

    /// <summary>The same elements under another shape.</summary>
    View,

    /// <summary>A slice of the last axis.</summary>
    Slice,

    /// <summary>Moves elements inside a row: concatenation, repetition, transposition. Compiles to counted moves with strides.</summary>
    Arrange,

    /// <summary>A matrix times a matrix, row by row. Two rows share no matrix, so this is a row program and not a <see cref="Product"/>.</summary>
    MatrixProduct,

    /// <summary>Rows of a table by index.</summary>
    Gather,

    /// <summary>Rows times the transpose of a weight.</summary>
    Product,

    /// <summary>Stores rows in the KV cache.</summary>
    Append,

    /// <summary>Mixes rows: attention.</summary>
    Attention,

    /// <summary>Keeps the rows whose results are wanted.</summary>
    Select,

    /// <summary>Shows a value to an observer. An effect on the host, without results: it adds no work to a kernel.</summary>
    Tap,

    /// <summary>Runs another function.</summary>
    Control,

    /// <summary>Has a definition in terms of other ops; expanded before fusion.</summary>
    Composite,

    /// <summary>Evaluated on the host from constants, dims, options and the layer's index. Occurs in expressions, never as a node.</summary>
    Host,
}
