using System.Text;
using Cambium.Constraints;

namespace Cambium.Fuzz.Kinds;

/// <summary>Generates tokens below a constraint.</summary>
internal static class Walk
{
    private const int Tokens = 40;

    private static readonly ByteTokenizer s_tokenizer = new();
    private static readonly TokenVocabulary s_vocabulary = new(s_tokenizer, s_tokenizer.VocabularySize);

    /// <exception cref="InvalidOperationException">A prefix of an answer cannot be completed.</exception>
    public static void Run(Constraint constraint, Random random)
    {
        var cursor = new ConstraintCursor(constraint.Over(s_vocabulary));
        var text = new List<byte>();
        for (var i = 0; i < Tokens && !cursor.MustEnd; i++)
        {
            var allowed = cursor.Allowed();
            var count = 0;
            foreach (var bits in allowed)
                count += System.Numerics.BitOperations.PopCount(bits);
            if (count == 0)
                throw new InvalidOperationException($"No token may follow \"{Encoding.UTF8.GetString([.. text])}\".");
            var token = Nth(allowed, random.Next(count));
            text.AddRange(s_tokenizer.Bytes(token));
            cursor.Advance(token);
        }
    }

    private static int Nth(ReadOnlySpan<ulong> bits, int n)
    {
        for (var id = 0; ; id++)
        {
            if ((bits[id >> 6] >> (id & 63) & 1) != 0 && n-- == 0)
                return id;
        }
    }
}
