namespace Cambium;

/// <summary>
/// Rotary position embedding with the settings of <c>config.json</c>: the base, and scaling of type <c>default</c>, <c>linear</c>, <c>llama3</c>,
/// <c>yarn</c> or <c>longrope</c> (where one list of factors serves every length), under <c>rope_parameters</c> or under <c>rope_theta</c>
/// (<c>rotary_emb_base</c>) and <c>rope_scaling</c>. If the config contains
/// <c>partial_rotary_factor</c> or <c>rotary_pct</c>, only that first part of each head is rotated. Declared with <see cref="OptionAttribute"/>,
/// used by <c>Rotate</c>.
/// </summary>
public sealed class Rotary
{
    private Rotary()
    {
    }
}
