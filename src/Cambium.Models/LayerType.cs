namespace Cambium.Models;

/// <summary>The kind of attention of one layer, as <c>layer_types</c> lists it.</summary>
public enum LayerType
{
    /// <summary>The config has no list.</summary>
    [ConfigName("")]
    Unstated,

    /// <summary>Every key before the query is visible.</summary>
    FullAttention,

    /// <summary>Keys inside a sliding window are visible.</summary>
    SlidingAttention,
}
