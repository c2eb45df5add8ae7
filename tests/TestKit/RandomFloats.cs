namespace Cambium.TestKit;

public static class RandomFloats
{
    /// <summary>Numbers between -1 and 1.</summary>
    public static float[] Floats(this Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)((2 * random.NextDouble()) - 1);
        return values;
    }
}
