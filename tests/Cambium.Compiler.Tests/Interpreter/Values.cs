namespace Cambium.Tests.Interpretation;

/// <summary>A tensor in double precision, row-major. Tokens are numbers too.</summary>
public sealed record Values(int[] Shape, double[] Data)
{
    public Values(int[] shape) : this(shape, new double[Count(shape)])
    {
    }

    public int Last => Shape.Length == 0 ? 1 : Shape[^1];

    /// <summary>Elements of one entry of the first axis.</summary>
    public int RowSize => Count(Shape.AsSpan(1));

    public Span<double> Row(int row) => Data.AsSpan(row * RowSize, RowSize);

    public static int Count(ReadOnlySpan<int> shape)
    {
        int count = 1;
        foreach (int size in shape)
            count = checked(count * size);
        return count;
    }

    public Values Map(Func<double, double> function) => new(Shape, Array.ConvertAll(Data, value => function(value)));

    /// <summary>The given entries of the first axis.</summary>
    public Values Rows(IReadOnlyList<int> rows)
    {
        var result = new Values([rows.Count, .. Shape.AsSpan(1)]);
        for (int i = 0; i < rows.Count; i++)
            Row(rows[i]).CopyTo(result.Row(i));
        return result;
    }

    /// <summary>As [rows, the rest].</summary>
    public double[,] ToMatrix()
    {
        var matrix = new double[Shape[0], RowSize];
        Buffer.BlockCopy(Data, 0, matrix, 0, Data.Length * sizeof(double));
        return matrix;
    }
}
