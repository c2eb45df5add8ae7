namespace Cambium.Tests.Interpretation;

/// <summary>Cosine and sine of each angle, [position, pair].</summary>
public sealed record RotaryAngles(double[,] Cos, double[,] Sin)
{
    /// <summary>The plain frequencies theta^(-2i/size) of RoFormer.</summary>
    public static RotaryAngles Create(int headSize, int positions, double theta = 10000)
    {
        var (cos, sin) = (new double[positions, headSize / 2], new double[positions, headSize / 2]);
        for (int position = 0; position < positions; position++)
        {
            for (int i = 0; i < headSize / 2; i++)
                (sin[position, i], cos[position, i]) = Math.SinCos(position * Math.Pow(theta, -2.0 * i / headSize));
        }

        return new(cos, sin);
    }
}
