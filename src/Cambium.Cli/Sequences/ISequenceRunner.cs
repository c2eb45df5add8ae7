using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Computes sequences in the way that an entry point allows.</summary>
internal interface ISequenceRunner : IDisposable
{
    /// <summary>What is run.</summary>
    EntryPoint Entry { get; }

    /// <summary>First part of the names of result tensors: <c>logits</c> or <c>encoded</c>.</summary>
    string Result { get; }

    /// <summary>Tokens that a sequence can have.</summary>
    int ContextLength { get; }

    /// <summary>Says, after everything has run, what it took; null for nothing to say.</summary>
    string? Summary { get; }

    /// <summary>Greedy tokens of <paramref name="wanted"/> that fit behind a sequence; 0 where sequences are not continued.</summary>
    int Fitting(TokenSequence sequence, int wanted);

    /// <summary>Runs until everything is computed.</summary>
    /// <param name="sequences">What to compute.</param>
    /// <param name="greedy">Tokens wanted of the continuation of the sequence with an index; 0 for none.</param>
    /// <param name="observe">Makes the observer of the sequence with an index.</param>
    /// <param name="report">Told (positions done, positions in all).</param>
    /// <param name="cancellation">Looked at between steps.</param>
    /// <returns>The continuations, in the order of the sequences.</returns>
    IReadOnlyList<long[]> Run(
        IReadOnlyList<TokenSequence> sequences, Func<int, int> greedy, Func<int, IPromptObserver> observe, Action<double, double> report, CancellationToken cancellation);
}
