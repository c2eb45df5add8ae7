using System.Runtime.ExceptionServices;
using System.Text;

namespace Cambium.Runtime.Engine;

/// <summary>Keeps a whole answer.</summary>
public sealed class CollectingSink : ITokenSink
{
    private readonly List<int> _tokens = [];
    private readonly StringBuilder _text = new();
    private GeneratedToken _last;
    private Exception? _failure;

    /// <inheritdoc/>
    public bool Ready => true;

    /// <summary>Whether the answer is complete or has failed.</summary>
    public bool IsDone => _failure is not null || _last.IsLast;

    /// <summary>Tokens so far.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>The failure, if the request failed.</summary>
    public Exception? Failure => _failure;

    /// <summary>The answer; throws the failure if the request failed, and <see cref="InvalidOperationException"/> before its end.</summary>
    public Completion Completion
    {
        get
        {
            if (_failure is not null)
                ExceptionDispatchInfo.Throw(_failure);
            return _last.IsLast
                ? new Completion(_tokens, _text.ToString(), _last.Finish, _last.Usage)
                : throw new InvalidOperationException("The answer is not complete yet.");
        }
    }

    /// <inheritdoc/>
    public void Next(in GeneratedToken token)
    {
        _tokens.Add(token.Token);
        _text.Append(token.Text);
        _last = token;
    }

    /// <inheritdoc/>
    public void Fail(Exception reason) => _failure = reason;
}
