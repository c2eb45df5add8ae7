using Cambium.Checkpoints;

namespace Cambium.Runtime.Positions;

/// <summary>The place of the settings of one kind of rotary positions in a configuration.</summary>
internal sealed class RotarySettings
{
    private const string OrdinaryBase = "rope_theta|rotary_emb_base";

    private readonly string[] _groups;
    private readonly string _base;

    /// <param name="config">The configuration.</param>
    /// <param name="path">
    /// The path of the setting, for models with several kinds of rotation; alternatives are separated by <c>|</c>. Its value is a number (the base of
    /// unscaled positions) or a group with <c>rope_theta</c>, <c>rope_type</c>, ... If the path is empty or absent from the configuration, the
    /// settings of models with one kind are read.
    /// </param>
    /// <exception cref="CheckpointException">The value of a group is not an object. It must not be treated as absent.</exception>
    public RotarySettings(ModelConfig config, string path)
    {
        Config = config;
        var own = path.Length == 0 ? null : Array.Find(path.Split('|'), config.Has)?.Trim();
        if (own is not null && config.IsNumber(own))
        {
            (_groups, _base) = ([], own);
            return;
        }

        // One group counts, as in the reference implementation: with rope_scaling, no setting of rope_parameters is read.
        _groups = [own ?? (config.HasSettings("rope_scaling") ? "rope_scaling" : "rope_parameters")];
        config.RequireGroup(_groups[0]);
        _base = $"{Setting("rope_theta")}|{OrdinaryBase}";
    }

    public ModelConfig Config { get; }

    /// <summary>The base of the angular speeds; above 1.</summary>
    public double Base =>
        Config.Double(_base, 10_000) is > 1 and var theta ? theta
        : throw Config.Unusable(_base, $"is {Config.Double(_base)}, expected more than 1", "Correct the field.");

    /// <summary>Name of the kind of scaling.</summary>
    public string Kind => _groups.Length == 0 ? "default" : Config.Text($"{Setting("rope_type")}|{Setting("type")}", "default");

    /// <summary>The setting that an error names: the group as the configuration spells it, or the base.</summary>
    public string Name => _groups.Length == 0 ? _base : _groups[0];

    /// <summary>Paths of a setting in the groups.</summary>
    public string Setting(string name) => string.Join("|", _groups.Select(group => $"{group}.{name}"));

    /// <summary>Paths of the share of each head that is rotated.</summary>
    public string Part => (_groups.Length == 0 ? "" : Setting("partial_rotary_factor") + "|") + "partial_rotary_factor|rotary_pct";
}
