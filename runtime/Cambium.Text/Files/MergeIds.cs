namespace Cambium.Text;

/// <summary>A merge of byte-pair encoding by the ids of its tokens.</summary>
internal readonly record struct MergeIds(int Left, int Right, int Merged);
