using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Computes sequences with one entry point of a model.</summary>
internal interface ISequenceRunner : IDisposable
{
    /// <summary>The entry point.</summary>
    EntryPoint Entry { get; }

    /// <summary>Prefix of the names of result tensors: <c>logits</c> or <c>encoded</c>.</summary>
    string Result { get; }

    /// <summary>Maximum number of tokens of a sequence.</summary>
    int ContextLength { get; }

    /// <summary>Describes the use of the KV cache after the run; null for encoders.</summary>
    string? Summary { get; }

    /// <summary>How many of <paramref name="wanted"/> greedy tokens fit into the context after a sequence; 0 for encoders.</summary>
    int Fitting(TokenSequence sequence, int wanted);

    /// <summary>Runs until everything is computed.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="greedy">Length of the greedy continuation by index of the sequence; 0 for none.</param>
    /// <param name="observe">Creates the observer of a sequence by its index.</param>
    /// <param name="report">Receives (positions done, positions in total).</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <returns>The continuations, in the order of the sequences.</returns>
    IReadOnlyList<long[]> Run(
        IReadOnlyList<TokenSequence> sequences,
        Func<int, int> greedy,
        Func<int, IPromptObserver> observe,
        Action<double, double> report,
        CancellationToken cancellation);
}
