using Cambium.Constraints;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>
/// From logits to tokens, for all results of a step in parallel. A token depends on its row, its request and the tokens of its sequence, and on
/// nothing else in the batch.
/// </summary>
/// <param name="runner">The step's results.</param>
/// <param name="maxOutputs">Results of the largest step.</param>
internal sealed class SamplingStage(StepRunner runner, int maxOutputs) : IHostWork
{
    private readonly int[] _tokens = new int[maxOutputs];

    /// <summary>Samples a token from every newest row. Sampling by temperature costs an exponential for each token of the vocabulary.</summary>
    public void Run() => runner.ForEachOutput(this, SamplerScratch.Bytes(runner.OutputWidth));

    /// <summary>The token sampled from a result; -1 if there is none: <see cref="Generation.SamplingError"/> may say why.</summary>
    public int TokenOf(in StepOutput output) => _tokens[output.Index];

    void IHostWork.Run(int index, Span<byte> scratch)
    {
        ref readonly var output = ref runner.Outputs[index];
        var answer = output.Answer;
        var logits = runner.Logits(index);
        _tokens[index] = 0;
        try
        {
            if (output.IsNewest)
                _tokens[index] = Sample(answer, logits, new SamplerScratch(scratch, logits.Length));
            else if (answer.PromptLogProbabilities is { } prompt && output.TokenIndex + 1 is var next && next < prompt.Length)
                prompt[next] = LogProbabilities.Of(logits, answer.Tokens[next], answer.Request.PromptLogProbabilities ?? 0);
        }
        catch (Exception error)
        {
            // It fails this request alone: an exception here would fail the step, and so all requests in it.
            answer.SamplingError = error;
            _tokens[index] = -1;
        }
    }

    private static int Sample(Generation answer, ReadOnlySpan<float> logits, SamplerScratch scratch)
    {
        var input = new SamplerInput
        {
            Logits = logits,
            Options = answer.Request.Sampling,
            Seed = answer.Seed,
            History = answer.Tokens.AsSpan(0, answer.Length),
            PromptLength = answer.PromptLength,
            Allowed = answer.Constraint is { } constraint ? constraint.Allowed() : default,
            MayEnd = answer.Constraint?.MayEnd ?? true,
            EosTokens = answer.EosTokens.Ids,
        };
        var token = Sampler.Choose(input, scratch);
        if (token < 0 && Sampler.Likeliest(logits) is var likeliest && likeliest >= 0 && float.IsFinite(logits[likeliest]))
            answer.SamplingError = new ConstraintException("No token is left that constraint and bias allow.");
        else if (token >= 0 && answer.LogProbabilities is { } top)
            answer.Chosen = LogProbabilities.Of(logits, token, top);
        return token;
    }
}
