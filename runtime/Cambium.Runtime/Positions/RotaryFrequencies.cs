using Cambium.Checkpoints;

namespace Cambium.Runtime.Positions;

/// <summary>
/// Angular speeds of the rotary pairs for one configuration, in both spellings that checkpoints have: <c>rope_parameters</c>, and <c>rope_theta</c>
/// with <c>rope_scaling</c>. Formulas and their steps of rounding follow the reference implementation: speeds are f32 there, and at a late position
/// the rounding of a speed is visible in the angle.
/// </summary>
/// <param name="Speeds">Radians per position, one per pair.</param>
/// <param name="AttentionFactor">Factor of cosine and sine.</param>
internal sealed record RotaryFrequencies(float[] Speeds, float AttentionFactor)
{
    private const string Kinds = "default, linear, dynamic, llama3, yarn or longrope";

    /// <param name="headSize">Numbers per head; the configuration may rotate only the first of them.</param>
    /// <param name="path">As in <see cref="RotarySettings"/>.</param>
    /// <exception cref="CheckpointException">A kind that is not supported, or contradictory settings.</exception>
    public static RotaryFrequencies Create(ModelConfig config, int headSize, string path = "")
    {
        var settings = new RotarySettings(config, path);
        int size = RotatedSize(settings, headSize);
        var frequencies = Create(config, settings, size);
        if (Array.FindIndex(frequencies.Speeds, static speed => !float.IsFinite(speed)) is >= 0 and var pair)
        {
            throw config.Unusable(
                settings.Name, $"gives pair {pair} of {size / 2} the speed {frequencies.Speeds[pair]}, expected a finite number",
                "Correct its settings.");
        }

        return float.IsFinite(frequencies.AttentionFactor)
            ? frequencies
            : throw config.Unusable(settings.Name, $"gives the attention factor {frequencies.AttentionFactor}, expected a finite number",
                "Correct its settings.");
    }

    private static RotaryFrequencies Create(ModelConfig config, RotarySettings settings, int size)
    {
        double theta = settings.Base;
        string kind = settings.Kind;
        return kind switch
        {
            // Dynamic scaling changes the base only for contexts above the configured maximum. Our contexts end at the maximum, and frequencies that
            // followed the current length would make a shared prefix depend on the sequences that share it. So they are chosen once, for the maximum:
            // the plain base.
            "default" or "dynamic" => new RotaryFrequencies(Plain(theta, size), 1),
            "linear" => Linear(settings, theta, size),
            "llama3" => Llama3(settings, theta, size),
            "yarn" => Yarn(settings, theta, size),
            "factors" => Divided(settings, theta, size),
            "longrope" or "su" => LongRope(settings, theta, size),
            _ => throw config.Unusable(
                config.Has($"{settings.Name}.rope_type") ? $"{settings.Name}.rope_type" : $"{settings.Name}.type",
                $"is '{kind}', expected {Kinds}", "This kind of rotary scaling is not known here."),
        };
    }

    /// <summary>How many numbers of each head are rotated. The product is truncated, as in the reference implementation.</summary>
    private static int RotatedSize(RotarySettings settings, int headSize)
    {
        string path = settings.Part.Replace("|", "' or '", StringComparison.Ordinal);
        double part = settings.Config.Double(settings.Part, 1);
        if (part is not (> 0 and <= 1))
            throw settings.Config.Unusable(path, $"is {part}, expected more than 0 and at most 1", "It is the share of each head that is rotated.");
        int size = (int)(headSize * part);
        if (size > 0 && size % 2 == 0)
            return size;
        throw part == 1
            ? settings.Config.Unusable("head_dim",
                $"gives heads of {headSize} numbers, expected an even number for rotary positions",
                "Rotary positions rotate pairs of numbers.")
            : settings.Config.Unusable(path, $"is {part}, which rotates {size} of {headSize} numbers, expected an even number of them",
                "Rotary positions rotate pairs of numbers.");
    }

    private static float[] Plain(double theta, int size)
    {
        float[] speeds = new float[size / 2];
        for (int i = 0; i < speeds.Length; i++)
            speeds[i] = 1f / Power(theta, i, size);
        return speeds;
    }

    /// <summary>theta^(2i / size), with the exponent rounded to f32 first.</summary>
    private static float Power(double theta, int i, int size) => (float)Math.Pow(theta, 2f * i / size);

    private static RotaryFrequencies Linear(RotarySettings settings, double theta, int size)
    {
        float factor = (float)Factor(settings);
        return new RotaryFrequencies(Array.ConvertAll(Plain(theta, size), speed => speed / factor), 1);
    }

    // From a GGUF file: the divisor of each speed.
    private static RotaryFrequencies Divided(RotarySettings settings, double theta, int size)
    {
        float[] factors = settings.Config.Floats(settings.Setting("factors"), size / 2);
        return new RotaryFrequencies([.. Plain(theta, size).Zip(factors, static (speed, factor) => speed / factor)], 1);
    }

    private static RotaryFrequencies Llama3(RotarySettings settings, double theta, int size)
    {
        float factor = (float)Factor(settings);
        double low = settings.Config.Double(settings.Setting("low_freq_factor"));
        double high = settings.Config.Double(settings.Setting("high_freq_factor"));
        double original = Original(settings);
        if (!(high > low && low > 0))
            throw settings.Config.Unusable($"{settings.Name}.high_freq_factor",
                $"is {high}, expected more than low_freq_factor, which is {low} and has to be positive",
                "Correct the fields.");

        return new RotaryFrequencies(Array.ConvertAll(Plain(theta, size), Scale), 1);

        float Scale(float speed)
        {
            float wavelength = (float)(2 * Math.PI) / speed;
            if (wavelength < (float)(original / high))
                return speed;
            if (wavelength > (float)(original / low))
                return speed / factor;
            float smooth = (((float)original / wavelength) - (float)low) / (float)(high - low);
            return ((1 - smooth) * speed / factor) + (smooth * speed);
        }
    }

    private static RotaryFrequencies Yarn(RotarySettings settings, double theta, int size)
    {
        double original = Original(settings);
        double factor = settings.Config.Has(settings.Setting("factor")) ? Factor(settings) : settings.Config.Int(ModelConfig.MaxPositions) / original;
        // Zero counts as absent for these, as in the reference implementation.
        double fast = OrDefault(settings.Config.Double(settings.Setting("beta_fast"), 0), 32);
        double slow = OrDefault(settings.Config.Double(settings.Setting("beta_slow"), 0), 1);

        double from = Pair(fast);
        double to = Pair(slow);
        if (settings.Config.Bool(settings.Setting("truncate"), true))
            (from, to) = (Math.Floor(from), Math.Ceiling(to));
        (from, to) = (Math.Max(from, 0), Math.Min(to, size - 1));
        if (from == to)
            to += 0.001;

        float[] speeds = new float[size / 2];
        for (int i = 0; i < speeds.Length; i++)
        {
            float power = Power(theta, i, size);
            float ramp = Math.Clamp((i - (float)from) / (float)(to - from), 0f, 1f);
            float keep = 1 - ramp;
            speeds[i] = (1f / ((float)factor * power) * (1 - keep)) + (1f / power * keep);
        }

        return new RotaryFrequencies(speeds, (float)YarnAttention(settings, factor));

        // The pair, as a real number, that rotates this often within the original context.
        double Pair(double turns) => size * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    private static double YarnAttention(RotarySettings settings, double factor)
    {
        if (settings.Config.Has(settings.Setting("attention_factor")))
            return settings.Config.Double(settings.Setting("attention_factor"));
        double scale = settings.Config.Double(settings.Setting("mscale"), 0);
        double scaleAll = settings.Config.Double(settings.Setting("mscale_all_dim"), 0);
        return scale != 0 && scaleAll != 0 ? Scale(scale) / Scale(scaleAll) : Scale(1);

        double Scale(double by) => factor <= 1 ? 1 : (0.1 * by * Math.Log(factor)) + 1;
    }

    // LongRoPE (Ding et al. 2024). The reference takes the long factors for texts above the original context and the short ones for others, so that
    // the keys of a shared prefix would depend on the texts that continue it. It works here where one of the two lists serves every length.
    private static RotaryFrequencies LongRope(RotarySettings settings, double theta, int size)
    {
        double original = Original(settings);
        int positions = settings.Config.Int(ModelConfig.MaxPositions);
        float[] brief = settings.Config.Floats(settings.Setting("short_factor"), size / 2);
        float[] extended = settings.Config.Floats(settings.Setting("long_factor"), size / 2);
        double factor = settings.Config.Has(settings.Setting("factor")) ? Factor(settings) : positions / original;
        double attention = settings.Config.Has(settings.Setting("attention_factor")) ? settings.Config.Double(settings.Setting("attention_factor"))
            : factor <= 1 ? 1
            : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
        if (positions > original && !brief.AsSpan().SequenceEqual(extended))
        {
            throw settings.Config.Unusable(
                ModelConfig.MaxPositions,
                $"is {positions} with two lists of rotary factors, for texts of at most {original} tokens and for longer ones, "
                + $"expected at most {original}",
                $"Set max_position_embeddings to {original} and {settings.Name}.attention_factor to {attention:R}, its value now: the frequencies "
                + "are then the same for all texts, as a shared prefix needs.");
        }

        float[] factors = positions > original ? extended : brief;
        if (Array.FindIndex(factors, static factor => !(factor > 0 && float.IsFinite(factor))) is >= 0 and var wrong)
            throw settings.Config.Unusable($"{settings.Name}.{(positions > original ? "long_factor" : "short_factor")}",
                $"has {factors[wrong]} at index {wrong}, expected positive numbers", "Correct the list.");

        float[] speeds = [.. factors.Take(size / 2).Select((divisor, i) => 1f / (divisor * Power(theta, i, size)))];
        return new RotaryFrequencies(speeds, (float)attention);
    }

    private static double Factor(RotarySettings settings)
    {
        double factor = settings.Config.Double(settings.Setting("factor"));
        return factor > 0 ? factor
            : throw settings.Config.Unusable($"{settings.Name}.factor", $"is {factor}, expected more than 0", "Correct the field.");
    }

    /// <summary>The context that the model was first trained with.</summary>
    private static double Original(RotarySettings settings)
    {
        double original = settings.Config.Double(
            $"original_max_position_embeddings|{settings.Setting("original_max_position_embeddings")}|max_position_embeddings");
        return original > 0 ? original
            : throw settings.Config.Unusable("original_max_position_embeddings", $"is {original}, expected more than 0", "Correct the field.");
    }

    private static double OrDefault(double value, double fallback) => value == 0 ? fallback : value;
}
