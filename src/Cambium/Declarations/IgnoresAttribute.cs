namespace Cambium;

/// <summary>
/// Settings of <c>config.json</c> that do not change what the class computes. Every value is accepted. Loading warns about every setting that the
/// class neither reads nor names here or in <see cref="ExpectsAttribute"/>, because a setting that is passed over can make results wrong. Settings
/// that are harmless for every model, such as <c>torch_dtype</c>, <c>use_cache</c> or dropout, need not be named.
/// </summary>
/// <param name="paths">Paths in <c>config.json</c>, as in <see cref="DimAttribute"/>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class IgnoresAttribute(params string[] paths) : Attribute
{
    public IReadOnlyList<string> Paths { get; } = paths;
}
