using Cambium.Runtime.Prefixes;

namespace Cambium.Runtime;

/// <summary>Checks a sequence against an entry point.</summary>
internal static class EncoderCheck
{
    /// <param name="entry">The entry point.</param>
    /// <param name="input">The sequence.</param>
    /// <param name="sequence">Its name in messages.</param>
    /// <param name="context">Tokens of the longest sequence; null without a limit.</param>
    /// <exception cref="RequestRefusedException">The sequence cannot be run; the message says why.</exception>
    public static void Require(EntryPoint entry, EncoderInput input, string sequence, int? context)
    {
        var length = input.Tokens.Length;
        if (length == 0)
            throw new RequestRefusedException($"{Capital(sequence)} has no tokens; at least one is needed.");
        var positions = PositionsOf(input.Prefixes, sequence);
        if (length + positions > context)
        {
            var after = positions > 0 ? $" after {positions} positions of prefixes" : "";
            throw new RequestRefusedException(
                $"{Capital(sequence)} has {length} tokens{after}, and the model was made for {context}; shorten it.");
        }

        RequireIds(entry.Inputs[0], input.Tokens.Span, sequence);
        foreach (var more in entry.Inputs.Skip(1))
        {
            if (more.Width == 0)
            {
                if (!input.Ids.TryGetValue(more.Name, out var ids) || ids.Length != length)
                    throw new RequestRefusedException(
                        $"'{entry.Name}' needs one id of '{more.Name}' for each token of {sequence}: {length}, not {ids.Length}. Give them in "
                        + "EncoderInput.Ids.");
                RequireIds(more, ids.Span, sequence);
            }
            else if (!input.Floats.TryGetValue(more.Name, out var floats) || floats.Length != (long)length * more.Width)
            {
                throw new RequestRefusedException(
                    $"'{entry.Name}' needs [{length}, {more.Width}] floats of '{more.Name}' for {sequence}: {(long)length * more.Width}, not "
                    + $"{floats.Length}. Give them in EncoderInput.Floats.");
            }
        }

        foreach (var name in input.Ids.Keys.Concat(input.Floats.Keys))
        {
            if (entry.Inputs.Skip(1).All(known => known.Name != name))
                throw new RequestRefusedException(
                    $"'{entry.Name}' has no input '{name}' in addition to its tokens; it has "
                    + $"{(entry.Inputs.Count == 1 ? "none" : string.Join(", ", entry.Inputs.Skip(1).Select(static known => known.Name)))}.");
        }
    }

    private static int PositionsOf(IReadOnlyList<Prefix> prefixes, string sequence)
    {
        var positions = 0;
        foreach (var prefix in prefixes)
        {
            if (prefix.Attributes.Count > 0)
                throw new RequestRefusedException($"The prefix '{prefix.Name}' of {sequence} has attributes; give a prefix with the chosen parts.");
            foreach (var part in prefix.Parts)
            {
                positions += part switch
                {
                    PrefixPart.Content { Data: var data, HasPositions: var hasPositions } => hasPositions ? data.Keys : 0,
                    PrefixPart.Mark => 0,
                    _ => throw new RequestRefusedException(
                        $"The prefix '{prefix.Name}' of {sequence} has a part of type {part.GetType().Name}, whose keys and values depend on tokens "
                        + "that come later; give keys and values."),
                };
            }
        }

        return positions;
    }

    private static void RequireIds(EntryInput input, ReadOnlySpan<int> ids, string sequence)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] < 0 || ids[i] >= (input.Limit ?? int.MaxValue))
                throw new RequestRefusedException(
                    $"Id {i} of '{input.Name}' of {sequence} is {ids[i]}, expected 0 to {(input.Limit ?? int.MaxValue) - 1}.");
        }
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
