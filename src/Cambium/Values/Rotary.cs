namespace Cambium;

/// <summary>
/// Rotary position embedding as <c>config.json</c> has it: base, and scaling by <c>default</c>, <c>linear</c>, <c>llama3</c> or <c>yarn</c>, under
/// <c>rope_parameters</c> or under <c>rope_theta</c> (<c>rotary_emb_base</c>) and <c>rope_scaling</c>; of the first part of each head where <c>partial_rotary_factor</c> or <c>rotary_pct</c> says so. Declared with <see cref="OptionAttribute"/>, used by <c>Rotate</c>.
/// </summary>
public sealed class Rotary
{
    private Rotary()
    {
    }
}
