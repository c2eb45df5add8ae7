using Cambium.Checkpoints;
using Cambium.Runtime.Positions;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Checkpoints;

public sealed unsafe class RotaryTableTests
{
    private const string Llama3 = """ "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64 """;
    private const string Yarn = """ "factor": 4.0, "original_max_position_embeddings": 64 """;

    [Theory]
    [InlineData(16, 10_000)]
    [InlineData(34, 500_000)]
    public void Plain_angles_are_position_over_a_power_of_the_base(int size, double theta) =>
        Matches(Config($"\"rope_theta\": {theta}"), size, i => Math.Pow(theta, -2.0 * i / size), 1);

    [Fact]
    public void Linear_scaling_divides_positions() =>
        Matches(Config("""  "rope_scaling": { "rope_type": "linear", "factor": 4.0 } """), 16, static i => Math.Pow(10_000, -2.0 * i / 16) / 4, 1);

    [Fact]
    public void Llama3_scales_long_wavelengths_and_blends_medium_ones()
    {
        int kept = 0, stretched = 0, blended = 0;
        Matches(Config($$""" "rope_theta": 500000.0, "rope_scaling": { "rope_type": "llama3", {{Llama3}} } """), 32, Speed, 1);
        Assert.True(kept > 0 && stretched > 0 && blended > 0);

        double Speed(int i)
        {
            double speed = Math.Pow(500_000, -2.0 * i / 32);
            double turns = 64 * speed / (2 * Math.PI);
            double keep = Math.Clamp((turns - 1) / (4 - 1), 0, 1);
            _ = keep == 1 ? kept++ : keep == 0 ? stretched++ : blended++;
            return (keep * speed) + ((1 - keep) * speed / 8);
        }
    }

    [Theory]
    [InlineData("", 32, 1, true, 1)]
    [InlineData(""", "truncate": false """, 32, 1, false, 1)]
    [InlineData(""", "beta_fast": 8, "beta_slow": 2 """, 8, 2, true, 1)]
    [InlineData(""", "attention_factor": 0.75 """, 32, 1, true, 0.75)]
    [InlineData(""", "attention_factor": null, "beta_fast": null """, 32, 1, true, 1)]
    [InlineData(""", "mscale": 0.7, "mscale_all_dim": 0.9 """, 32, 1, true, -1)]
    public void Yarn_blends_between_fast_and_slow_pairs(string more, double fast, double slow, bool truncate, double attention)
    {
        const int size = 32;
        double Pair(double turns) => size * Math.Log(64 / (turns * 2 * Math.PI)) / (2 * Math.Log(10_000));
        double from = truncate ? Math.Floor(Pair(fast)) : Pair(fast);
        double to = truncate ? Math.Ceiling(Pair(slow)) : Pair(slow);
        from = Math.Max(from, 0);
        to = Math.Min(to, size - 1);
        double scale = attention switch
        {
            1 => (0.1 * Math.Log(4)) + 1,
            -1 => ((0.1 * 0.7 * Math.Log(4)) + 1) / ((0.1 * 0.9 * Math.Log(4)) + 1),
            _ => attention,
        };
        Matches(Config($$""" "rope_scaling": { "rope_type": "yarn", {{Yarn}} {{more}} } """), size, Speed, scale);

        double Speed(int i)
        {
            double stretch = Math.Clamp((i - from) / (to - from), 0, 1);
            double speed = Math.Pow(10_000, -2.0 * i / size);
            return (speed * (1 - stretch)) + (speed / 4 * stretch);
        }
    }

    [Theory]
    [InlineData("\"rope_type\": \"llama3\", " + Llama3)]
    [InlineData("\"rope_type\": \"yarn\", " + Yarn)]
    [InlineData("\"rope_type\": \"linear\", \"factor\": 2.0")]
    public void Both_spellings_give_the_same_bits(string settings)
    {
        using RotaryTable modern = RotaryTable.Create(Config($$""" "rope_parameters": { "rope_theta": 20000.0, {{settings}} } """), 32);
        using RotaryTable classic = RotaryTable.Create(Config($$""" "rope_theta": 20000.0, "rope_scaling": { {{settings}} } """), 32);
        using RotaryTable oldest =
            RotaryTable.Create(Config($$""" "rope_theta": 20000.0, "rope_scaling": { {{settings.Replace("rope_type", "type")}} } """), 32);
        for (int position = 0; position < 256; position++)
        {
            Assert.True(new ReadOnlySpan<float>(modern.Cos(position), 16).SequenceEqual(new ReadOnlySpan<float>(classic.Cos(position), 16)));
            Assert.True(new ReadOnlySpan<float>(modern.Sin(position), 16).SequenceEqual(new ReadOnlySpan<float>(oldest.Sin(position), 16)));
        }
    }

    [Theory]
    [InlineData(""" "partial_rotary_factor": 0.25 """, 80, 20)]
    [InlineData(""" "rotary_pct": 0.5 """, 9, 4)]
    [InlineData(""" "rope_parameters": { "partial_rotary_factor": 0.4 } """, 80, 32)]
    [InlineData(""" "partial_rotary_factor": 1.0 """, 16, 16)]
    public void A_partial_rotation_equals_that_of_a_smaller_head(string settings, int headSize, int size)
    {
        using RotaryTable part = RotaryTable.Create(Config(settings), headSize);
        Assert.Equal(size, part.Size);
        Matches(Config(settings), headSize, i => Math.Pow(10_000, -2.0 * i / size), 1, size);
    }

    [Fact]
    public void The_number_of_positions_has_other_spellings()
    {
        using RotaryTable table = RotaryTable.Create(ModelConfig.Parse("""{ "n_positions": 77 }"""), 16);
        Assert.Equal(77, table.ContextLength);
    }

    [Fact]
    public void The_base_has_an_older_spelling() =>
        Matches(Config(""" "rotary_emb_base": 500 """), 16, static i => Math.Pow(500, -2.0 * i / 16), 1);

    [Theory]
    [InlineData("local_rope_theta", 700, 1)]
    [InlineData("rope_parameters.sliding_attention|local_rope_theta", 300, 1)]
    [InlineData("rope_parameters.full_attention|rope_theta", 500, 4)]
    public void A_kind_with_settings_uses_them(string path, double theta, double factor) => Matches(
        Config("""
            "rope_theta": 900, "local_rope_theta": 700, "rope_parameters": {
                "sliding_attention": { "rope_theta": 300 }, "full_attention": { "rope_theta": 500, "rope_type": "linear", "factor": 4 } }
            """),
        16,
        i => Math.Pow(theta, -2.0 * i / 16) / factor,
        1,
        path: path);

    [Fact]
    public void A_kind_without_settings_uses_the_ordinary_ones() =>
        Matches(Config(""" "rope_theta": 900, "rope_scaling": { "type": "linear", "factor": 2 } """), 16,
            static i => Math.Pow(900, -2.0 * i / 16) / 2, 1, path: "rope_parameters.full_attention");

    [Fact]
    public void A_partial_rotation_is_scaled_by_its_own_size() =>
        Matches(Config("""  "partial_rotary_factor": 0.5, "rope_scaling": { "rope_type": "linear", "factor": 4.0 } """), 36,
            static i => Math.Pow(10_000, -2.0 * i / 18) / 4, 1, 18);

    [Fact]
    public void Longrope_uses_the_short_factors_below_the_original_context() =>
        Matches(
            Config("""
                "original_max_position_embeddings": 100000,
                "rope_scaling": { "type": "longrope", "attention_factor": 1.25, "short_factor": [1,2,3,4,5,6,7,8], "long_factor": [9,9,9,9,9,9,9,9] }
                """),
            16, static i => Math.Pow(10_000, -2.0 * i / 16) / (i + 1), 1.25);

    [Fact]
    public void Rope_scaling_wins_over_rope_parameters() =>
        Matches(
            Config("""
                "rope_theta": 900,
                "rope_parameters": { "rope_theta": 5000, "rope_type": "linear", "factor": 3 },
                "rope_scaling": { "type": "linear", "factor": 2 }
                """),
            16, static i => Math.Pow(900, -2.0 * i / 16) / 2, 1);

    [Fact]
    public void Dynamic_scaling_is_chosen_once_by_the_configured_maximum() =>
        Matches(Config(""" "rope_scaling": { "type": "dynamic", "factor": 2.0 } """), 16, static i => Math.Pow(10_000, -2.0 * i / 16), 1);

    [Theory]
    [InlineData(""" "rope_scaling": { "type": "longrope", "factor": 2.0 } """, "short_factor")]
    [InlineData(
        """
        "original_max_position_embeddings": 32,
        "rope_scaling": { "type": "longrope", "short_factor": [1,1,1,1,1,1,1,1], "long_factor": [1,1,1,1,1,1,1,2] }
        """,
        "max_position_embeddings")]
    [InlineData(""" "rope_scaling": { "type": "new", "factor": 2.0 } """, "field 'rope_scaling.type': is 'new'")]
    [InlineData(""" "rope_parameters": { "rope_type": "Yarn" } """, "field 'rope_parameters.rope_type': is 'Yarn'")]
    [InlineData(""" "rope_parameters": { "rope_type": "linear", "factor": 0 } """, "field 'rope_parameters.factor': is 0")]
    [InlineData(""" "partial_rotary_factor": 0 """, "partial_rotary_factor")]
    [InlineData(""" "partial_rotary_factor": 1.5 """, "partial_rotary_factor")]
    [InlineData(""" "rotary_pct": 0.2 """, "rotates 3 of 16 numbers")]
    [InlineData(""" "rotary_pct": 0.05 """, "rotates 0 of 16 numbers")]
    [InlineData(""" "rope_scaling": { "type": "linear" } """, "factor")]
    [InlineData(""" "rope_scaling": { "type": "linear", "factor": 0 } """, "expected more than 0")]
    [InlineData(""" "rope_theta": 0 """, "rope_theta")]
    [InlineData(""" "rope_scaling": "linear" """, "rope_scaling")]
    [InlineData(""" "rope_parameters": [] """, "rope_parameters")]
    [InlineData(""" "rope_parameters": { "full_attention": { "rope_theta": 10000 } } """, "rope_parameters.full_attention")]
    [InlineData(""" "max_position_embeddings": 0 """, "max_position_embeddings")]
    [InlineData(""" "rope_scaling": { "type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4 } """, "high_freq_factor")]
    public void Settings_that_are_not_supported_are_refused(string settings, string part) =>
        SafetensorsFileTests.Mentions(
            Assert.Throws<CheckpointException>(() => RotaryTable.Create(Config(settings), 16)), "config.json", part, "expected");

    [Fact]
    public void A_rotary_table_too_large_for_memory_is_refused() =>
        SafetensorsFileTests.Mentions(
            Assert.Throws<CheckpointException>(static () => RotaryTable.Create(Config(""" "max_position_embeddings": 2147483647 """), 1 << 20)),
            "max_position_embeddings", "is 2147483647", "GiB are needed", "GiB are available");

    [Fact]
    public void An_odd_head_is_refused() => Assert.Throws<CheckpointException>(static () => RotaryTable.Create(Config(""" "x": 1 """), 15));

    [Fact]
    public void A_limit_shortens_the_table()
    {
        using RotaryTable table = RotaryTable.Create(Config(""" "x": 1 """), 16, maxPositions: 10);
        Assert.Equal(10, table.ContextLength);
        Assert.Equal(10 * 16 * 4, table.Bytes);
    }

    private static ModelConfig Config(string settings) =>
        ModelConfig.Parse(settings.Contains("max_position", StringComparison.Ordinal) && !settings.Contains("original", StringComparison.Ordinal)
            ? $"{{ {settings} }}"
            : $$"""{ "max_position_embeddings": 256, {{settings}} }""");

    private static void Matches(ModelConfig config, int size, Func<int, double> speed, double scale, int? turned = null, string path = "")
    {
        using RotaryTable table = RotaryTable.Create(config, size, path);
        Assert.Equal(256, table.ContextLength);
        for (int i = 0; i < (turned ?? size) / 2; i++)
        {
            double expected = speed(i);
            for (int position = 0; position < 256; position += 5)
            {
                // Speeds and angles are rounded to f32: three roundings of an angle of up to 255.
                double tolerance = 1e-6 + (position * expected * 3e-7);
                Assert.Equal(Math.Cos(position * expected) * scale, table.Cos(position)[i], tolerance);
                Assert.Equal(Math.Sin(position * expected) * scale, table.Sin(position)[i], tolerance);
            }
        }
    }
}
