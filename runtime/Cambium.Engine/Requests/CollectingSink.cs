using System.Runtime.ExceptionServices;
using System.Text;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>Collects the answer to a request, or all of its answers.</summary>
public sealed class CollectingSink : ITokenSink
{
    private readonly List<Answer> _answers = [new Answer()];
    private bool _complete;
    private Exception? _failure;

    /// <inheritdoc/>
    public bool Ready => true;

    /// <summary>Whether all answers are complete or the request has failed.</summary>
    public bool IsDone => _failure is not null || _complete;

    /// <summary>Tokens of the first answer so far.</summary>
    public IReadOnlyList<int> Tokens => _answers[0].Tokens;

    /// <summary>The failure, if the request failed.</summary>
    public Exception? Failure => _failure;

    /// <summary>The first answer; throws the failure if the request failed, and <see cref="InvalidOperationException"/> before its end.</summary>
    public Completion Completion => Completions[0];

    /// <summary>All answers; throws like <see cref="Completion"/>.</summary>
    public IReadOnlyList<Completion> Completions
    {
        get
        {
            if (_failure is not null)
                ExceptionDispatchInfo.Throw(_failure);
            if (!_complete)
                throw new InvalidOperationException("The answer is not complete yet.");
            return [.. _answers.Select(static answer => answer.Completion)];
        }
    }

    /// <inheritdoc/>
    public void Next(in GeneratedToken token)
    {
        while (_answers.Count <= token.Fork)
            _answers.Add(new Answer());
        _answers[token.Fork].Add(token);
        _complete = token.IsLast;
    }

    /// <inheritdoc/>
    public void Fail(Exception reason) => _failure = reason;

    private sealed class Answer
    {
        private readonly StringBuilder _text = new();
        private readonly List<LogProbabilities> _logProbabilities = [];
        private IReadOnlyList<LogProbabilities?> _prompt = [];
        private GeneratedToken _last;

        public List<int> Tokens { get; } = [];

        public Completion Completion => new(Tokens, _text.ToString(), _last.Finish, _last.Usage)
        {
            LogProbabilities = _logProbabilities,
            PromptLogProbabilities = _prompt,
        };

        public void Add(in GeneratedToken token)
        {
            Tokens.Add(token.Token);
            _text.Append(token.Text);
            if (token.LogProbabilities is { } logProbabilities)
                _logProbabilities.Add(logProbabilities);
            _prompt = token.PromptLogProbabilities ?? _prompt;
            _last = token;
        }
    }
}
