namespace Cambium.Tests.Interpretation;

/// <summary>Cosine and sine of each angle, [position, pair]. With fewer pairs than half a head, the end of the head does not change.</summary>
public sealed record RotaryAngles(double[,] Cos, double[,] Sin)
{
    /// <summary>The plain frequencies theta^(-2i/size) of RoFormer.</summary>
    /// <param name="part">The share of each head that is rotated: <c>partial_rotary_factor</c>.</param>
    public static RotaryAngles Create(int headSize, int positions, double theta = 10000, double part = 1)
    {
        int size = (int)(headSize * part);
        var (cos, sin) = (new double[positions, size / 2], new double[positions, size / 2]);
        for (int position = 0; position < positions; position++)
        {
            for (int i = 0; i < size / 2; i++)
                (sin[position, i], cos[position, i]) = Math.SinCos(position * Math.Pow(theta, -2.0 * i / size));
        }

        return new(cos, sin);
    }
}
