using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;


namespace Cambium.Compiler.Kernels;

// The slot of every skeleton: a program over one row, or over one group of a row's columns, in addition to the skeleton's own work. A row is Groups x
// Width elements; element i of group g lies at g * Width + i.

/// <summary>The element of an input that belongs to element i of group g.</summary>
public enum Access
{
    /// <summary>Element g * Width + i.</summary>
    Full,

    /// <summary>Element i, the same in every group.</summary>
    Lane,

    /// <summary>Element g.</summary>
    Group,

    /// <summary>The only one.</summary>
    Single,
}

/// <summary>A place that holds elements.</summary>
public abstract record Place
{
    /// <summary>The columns of one part of the skeleton's product. A program may overwrite them.</summary>
    public sealed record Product(int Part) : Place
    {
        public override string ToString() => $"product{Part}";
    }

    /// <summary>A row of a buffer, named by the value it holds.</summary>
    /// <param name="Selected">The row is looked up among the rows whose result is wanted.</param>
    /// <param name="Offset">Element of the row at which it begins; null for the first.</param>
    /// <param name="Stride">Elements from the beginning of one group to the next; null where groups are contiguous.</param>
    public sealed record Buffer(int Value, bool Selected = false, Size? Offset = null, Size? Stride = null) : Place
    {
        public override string ToString() => Print($"%{Value}");

        public string Print(string value) =>
            (Selected ? $"selected({value})" : value) + (Offset is null ? "" : $" + {Offset}") + (Stride is null ? "" : $" each {Stride}");
    }

    /// <summary>The row's id or position, as a number.</summary>
    /// <param name="Selected">As in <see cref="Buffer"/>.</param>
    public sealed record Ids(RowIds Source, bool Selected) : Place
    {
        public override string ToString() => Selected ? $"selected({Source})" : Source.ToString();
    }

    /// <summary>A tensor of the checkpoint.</summary>
    public sealed record Parameter(string Weight) : Place
    {
        public override string ToString() => "@" + Weight;
    }
}

/// <summary>An input of a program.</summary>
/// <param name="Raw">Reads the value that the skeleton computed, even if the program has overwritten it.</param>
public sealed record RowInput(Place Place, Access Access, bool Raw = false);

/// <summary>Gives a value a name.</summary>
public sealed record Let(int Local, ScalarExpression Value);

/// <summary>Adds up (<c>sum</c>) or takes the largest (<c>reduce_max</c>) of the elements of a group.</summary>
public sealed record Accumulate(int Local, string Op, ScalarExpression Value);

/// <summary>Stores elements.</summary>
public sealed record Write(Place Place, ScalarExpression Value);

/// <summary>One stage of a program; stages run one after the other.</summary>
public abstract record RowStage
{
    /// <summary>Places whose groups the stage works on in memory, other than its inputs.</summary>
    public IEnumerable<Place> Addressed => this switch
    {
        Scalars => [],
        Elements elements => elements.Writes.Select(static write => write.Place),
        Rotate rotate => [rotate.Place],
        Move move => [move.To],
        Multiply multiply => [multiply.To],
        Append append => [append.Place],
        _ => throw new InvalidOperationException(GetType().Name),
    };

    /// <summary>The inputs of a program that the stage reads.</summary>
    public IEnumerable<RowInput> InputsOf(RowProgram program)
    {
        var values = this switch
        {
            Scalars scalars => scalars.Lets.Select(static let => let.Value).Concat(scalars.Writes.Select(static write => write.Value)),
            Elements elements => elements.Values,
            _ => [],
        };
        var places = this switch
        {
            Move move => [move.From],
            Multiply multiply => [multiply.Left, multiply.Right],
            _ => Enumerable.Empty<Place>(),
        };
        return values.SelectMany(static value => value.Walk()).OfType<ScalarExpression.Element>().Select(element => program.Inputs[element.Index])
            .Concat(program.Inputs.Where(input => places.Contains(input.Place)));
    }

    /// <summary>One number per group.</summary>
    public sealed record Scalars(EquatableArray<Let> Lets, EquatableArray<Write> Writes) : RowStage;

    /// <summary>A loop over the elements of a group.</summary>
    public sealed record Elements(EquatableArray<Let> Lets, EquatableArray<Accumulate> Accumulates, EquatableArray<Write> Writes) : RowStage
    {
        /// <summary>Everything that is computed for an element, in order.</summary>
        public IEnumerable<ScalarExpression> Values => Lets.Select(static let => let.Value)
            .Concat(Accumulates.Select(static accumulate => accumulate.Value)).Concat(Writes.Select(static write => write.Value));
    }

    /// <summary>Rotates a group in place.</summary>
    public sealed record Rotate(Place Place, string Rotary, bool Interleaved) : RowStage;

    /// <summary>
    /// Moves elements: element (i, j, ..) of <paramref name="Extents"/>, i * stride + j * stride + .. from the beginning on either side.
    /// </summary>
    public sealed record Move(Place From, Place To, EquatableArray<Size> Extents, EquatableArray<Size> FromStrides,
        EquatableArray<Size> ToStrides) : RowStage;

    /// <summary>Multiplies matrices that are stored one after another: <paramref name="Batch"/> times [n, k] by [k, m].</summary>
    /// <param name="LeftStride">Elements from one left matrix to the next; 0 where one serves all.</param>
    /// <param name="RightStride">As <paramref name="LeftStride"/>.</param>
    public sealed record Multiply(Place Left, Place Right, Place To, Size Batch, Size N, Size K, Size M, Size LeftStride,
        Size RightStride) : RowStage;

    /// <summary>Appends a group, the key or the value of one KV head, to the KV cache.</summary>
    /// <param name="Site">Where it is appended.</param>
    public sealed record Append(Place Place, SiteReference Site, bool IsKey) : RowStage;
}

/// <summary>What happens to one row (or to each of its groups).</summary>
/// <param name="Groups">Groups of a row; in an epilogue the skeleton passes one at a time.</param>
/// <param name="Width">Elements of a group; null where an epilogue accepts any number of columns; the skeleton chooses it.</param>
public sealed record RowProgram(Size Groups, Size? Width, EquatableArray<RowInput> Inputs, EquatableArray<RowStage> Stages)
{
    /// <summary>Every buffer that is written.</summary>
    public IEnumerable<int> Writes => AllWrites.Select(static write => write.Place)
        .Concat(Stages.OfType<RowStage.Rotate>().Select(static stage => stage.Place))
        .Concat(Stages.OfType<RowStage.Move>().Select(static stage => stage.To))
        .Concat(Stages.OfType<RowStage.Multiply>().Select(static stage => stage.To))
        .OfType<Place.Buffer>().Select(static place => place.Value).Distinct();

    /// <summary>Every buffer that is read.</summary>
    public IEnumerable<int> Reads => Inputs.Select(static input => input.Place).OfType<Place.Buffer>().Select(static place => place.Value).Distinct();

    /// <summary>Is a value the same for every row of a launch? The host computes it then.</summary>
    public static bool IsUniform(ScalarExpression expression) =>
        !expression.Walk().Any(static part => part is ScalarExpression.Element or ScalarExpression.Local);

    private IEnumerable<Write> AllWrites => Stages.SelectMany(static stage => stage switch
    {
        RowStage.Scalars scalars => scalars.Writes,
        RowStage.Elements elements => elements.Writes,
        _ => Enumerable.Empty<Write>(),
    });
}
