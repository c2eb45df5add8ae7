using System.Text;
using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Constraints;

/// <summary>A model that chooses any of the allowed tokens at random.</summary>
internal sealed class Walker(Constraint constraint, long maxBytes = 48 << 20)
{
    private static readonly ByteTokenizer Tokenizer = new();
    private static readonly TokenVocabulary Tokens = new(Tokenizer, Tokenizer.VocabularySize);

    private readonly Remaining _remaining = new(constraint.Grammar);
    private readonly Automaton _automaton = constraint.Over(Tokens, maxBytes);

    /// <summary>Whether a whole text is accepted.</summary>
    public bool Accepts(string text) =>
        _automaton.Advance(_automaton.Start(), [.. Encoding.UTF8.GetBytes(text)]) is var state && text.Length > 0
            ? state.Accepts
            : _automaton.Start().Accepts;

    /// <summary>Whether the text is a prefix of an accepted one.</summary>
    public bool Begins(string text) =>
        text.Length == 0 || !ReferenceEquals(_automaton.Advance(_automaton.Start(), Encoding.UTF8.GetBytes(text)), AutomatonState.Dead);

    /// <summary>Completes a prefix by the shortest suffix; fails if there is none.</summary>
    public string Complete(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var state = bytes.Length == 0 ? _automaton.Start() : _automaton.Advance(_automaton.Start(), bytes);
        Assert.False(ReferenceEquals(state, AutomatonState.Dead), $"Nothing valid begins with {text}");
        return Encoding.UTF8.GetString([.. bytes, .. ShortestEnd(state)]);
    }

    /// <summary>Generates random tokens until the text ends or the limit is reached; then completes it by the shortest suffix.</summary>
    /// <returns>The whole text, and whether the limit cut it.</returns>
    public (string Text, bool WasCut) Write(Random random, int maxTokens)
    {
        var bytes = new List<byte>();
        var state = _automaton.Start();
        for (var i = 0; i < maxTokens; i++)
        {
            if (state.Accepts && (state.Items.Length == 0 || random.Next(4) == 0))
                return (Encoding.UTF8.GetString([.. bytes]), false);
            var mask = _automaton.Mask(state);
            var allowed = Enumerable.Range(0, Tokens.Size).Where(id => (mask[id >> 6] >> (id & 63) & 1) != 0).ToArray();
            // Every byte is a token, so at least one token is allowed.
            Assert.NotEmpty(allowed);
            // Quotes and brackets are more likely, so that texts end.
            var closing = allowed.Where(static id => id is '"' or ']' or '}').ToArray();
            var token = closing.Length > 0 && random.Next(3) == 0 ? closing[random.Next(closing.Length)] : allowed[random.Next(allowed.Length)];
            bytes.AddRange(Tokens.Bytes(token));
            state = _automaton.Advance(state, token);
            Assert.NotSame(AutomatonState.Dead, state);
        }

        bytes.AddRange(ShortestEnd(state));
        return (Encoding.UTF8.GetString([.. bytes]), true);
    }

    /// <summary>Asserts along a random text that the mask agrees with advancing by the bytes of every token.</summary>
    public void CheckMasks(Random random, int tokens)
    {
        var state = _automaton.Start();
        for (var i = 0; i < tokens && state.Items.Length > 0; i++)
        {
            var mask = _automaton.Mask(state);
            var allowed = new List<int>();
            for (var id = 0; id < Tokens.Size; id++)
            {
                var leads = id != ByteTokenizer.Eos && !ReferenceEquals(_automaton.Advance(state, id), AutomatonState.Dead);
                Assert.Equal(leads, (mask[id >> 6] >> (id & 63) & 1) != 0);
                if (leads)
                    allowed.Add(id);
            }

            state = _automaton.Advance(state, allowed[random.Next(allowed.Count)]);
        }
    }

    // Always the byte after which the fewest bytes are missing.
    private List<byte> ShortestEnd(AutomatonState state)
    {
        var bytes = new List<byte>();
        while (!state.Accepts)
        {
            var missing = _remaining.Of(state);
            var (next, value) = Enumerable.Range(0, 256)
                .Select(value => (State: _automaton.Advance(state, [(byte)value]), Value: (byte)value))
                .MinBy(way => _remaining.Of(way.State));
            Assert.Equal(missing - 1, _remaining.Of(next));
            bytes.Add(value);
            state = next;
        }

        return bytes;
    }
}
