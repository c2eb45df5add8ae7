using System.Text;
using Cambium.Runtime;

namespace Cambium.Cli.Answers;

/// <summary>
/// Writes answers that are generated at the same time one after another: the first one as it is generated, the others from a buffer.
/// Several answers are numbered.
/// </summary>
internal sealed class AnswerWriter(TextWriter output, int count)
{
    private readonly StringBuilder[] _held = [.. Enumerable.Range(0, count).Select(static _ => new StringBuilder())];
    private readonly bool[] _ended = new bool[count];
    private int _current;
    private bool _isOpen;

    public async Task WriteAsync(GeneratedToken token)
    {
        _held[token.Fork].Append(token.Text);
        _ended[token.Fork] = token.Finish != FinishReason.None;
        while (_current < count)
        {
            await FlushAsync();
            if (!_ended[_current])
                return;
            await CloseAsync();
            _current++;
        }
    }

    /// <summary>Ends an open line, so that the prompt of the shell starts on a new one.</summary>
    public async Task CloseAsync()
    {
        if (_isOpen)
            await output.WriteLineAsync();
        _isOpen = false;
    }

    private async Task FlushAsync()
    {
        if (!_isOpen && count > 1)
            await output.WriteLineAsync($"[{_current + 1}]");
        _isOpen = true;
        if (_held[_current].Length == 0)
            return;
        await output.WriteAsync(_held[_current].ToString());
        await output.FlushAsync(CancellationToken.None);
        _held[_current].Clear();
    }
}
