using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime.Sampling;
using Cambium.Text;

namespace Cambium.Runtime;

// From scores to a token.
public sealed partial class EngineLoop
{
    private readonly Lazy<TokenVocabulary?> _tokens;

    // The same whatever else is in the batch: it depends on the row, the request and the sequence's own tokens.
    private static void CheckSampling(Request request, int vocabulary, bool hasTokenizer)
    {
        if (request.Sampling is null)
            throw new RequestRefusedException("Sampling is null; leave it out for the likeliest token.");
        if (request.Sampling.Mistake(vocabulary) is { } mistake)
            throw new RequestRefusedException(mistake);
        foreach (var (name, top) in (ReadOnlySpan<(string, int?)>)[("LogProbabilities", request.LogProbabilities), ("PromptLogProbabilities", request.PromptLogProbabilities)])
        {
            if (top is < 0 or > Cambium.Runtime.Sampling.LogProbabilities.MaxTop)
                throw new RequestRefusedException($"{name} is {top}; it must be from 0 to {Cambium.Runtime.Sampling.LogProbabilities.MaxTop}, or null for none.");
        }

        if (request.Constraint is not null && !hasTokenizer)
            throw new RequestRefusedException("A constraint needs a tokenizer, and the checkpoint has none.");
    }

    private ConstraintCursor? CursorOf(Request request)
    {
        try
        {
            return request.Constraint is { } constraint ? new ConstraintCursor(constraint.Over(_tokens.Value!)) : null;
        }
        catch (ConstraintException error)
        {
            throw new RequestRefusedException(error.Message);
        }
    }

    // Rows do not depend on each other, and choosing by temperature costs an exponential per word.
    private void Sample() => _device.RunOnHost(_sampling, _program.Batch.OutputCount, SamplerScratch.Bytes(_model.OutputWidth));

    private void SampleRow(int output, Span<byte> scratch)
    {
        var row = _program.Batch.OutputRows[output];
        var generation = (Generation)_scheduler.At(_planner.OwnerOfRow[row]);
        var logits = _program.Logits(output);
        _sampled[output] = 0;
        if (!IsNewest(generation, output))
        {
            if (generation.PromptLogProbabilities is { } prompt && _program.Batch.Positions[row] + 1 is var next && next < prompt.Length)
                prompt[next] = LogProbabilities.Of(logits, generation.Tokens[next], generation.Request.PromptLogProbabilities ?? 0);
            return;
        }

        try
        {
            _sampled[output] = Choose(generation, logits, new SamplerScratch(scratch, logits.Length));
        }
        catch (ConstraintException error)
        {
            generation.Unsampled = error;
            _sampled[output] = -1;
        }
    }

    private int Choose(Generation generation, ReadOnlySpan<float> logits, SamplerScratch scratch)
    {
        var token = Sampler.Choose(
            new SamplerInput
            {
                Logits = logits,
                Options = generation.Request.Sampling,
                Seed = generation.Seed,
                History = generation.Tokens.AsSpan(0, generation.Length),
                PromptLength = generation.PromptLength,
                Allowed = generation.Constraint is { } constraint ? constraint.Allowed() : default,
                MayEnd = generation.Constraint?.MayEnd ?? true,
                EndOfText = generation.EndOfText,
            },
            scratch);
        if (token < 0 && Sampler.Likeliest(logits) is var likeliest && likeliest >= 0 && float.IsFinite(logits[likeliest]))
            generation.Unsampled = new ConstraintException("No token is left that constraint and bias allow.");
        else if (token >= 0 && generation.LogProbabilities is { } top)
            generation.Chosen = LogProbabilities.Of(logits, token, top);
        return token;
    }

    // False if the request fails.
    private bool Advance(Generation generation, int token)
    {
        try
        {
            generation.Constraint?.Advance(token);
            return true;
        }
        catch (ConstraintException error)
        {
            generation.Unsampled = error;
            generation.Failure = NoToken(generation);
            _ended.Add(generation);
            return false;
        }
    }

    private static EngineFailedException NoToken(Generation generation)
    {
        var reason = generation.Unsampled is { } cause
            ? $"No token could be chosen for position {generation.Length} of request {generation.Number}: {cause.Message}"
            : $"The model's scores for position {generation.Length} of request {generation.Number} have no largest finite one; its weights or arithmetic are damaged.";
        return new EngineFailedException(reason, generation.Unsampled ?? new ArithmeticException(reason));
    }

    private sealed class SampleRows(EngineLoop loop) : IHostWork
    {
        public void Run(int item, Span<byte> scratch) => loop.SampleRow(item, scratch);
    }
}
