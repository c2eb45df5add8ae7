namespace Cambium.Runtime;

/// <summary>Tokens to look for, the same for all answers of a request.</summary>
/// <param name="ids">Their ids.</param>
internal sealed class TokenSet(int[] ids)
{
    public static readonly TokenSet Empty = new([]);

    private readonly HashSet<int> _ids = [.. ids];

    public IReadOnlyList<int> Ids => ids;

    public bool Contains(int token) => _ids.Contains(token);
}
