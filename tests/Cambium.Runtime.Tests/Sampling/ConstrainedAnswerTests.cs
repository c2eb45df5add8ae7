using System.Text.Json;
using Cambium.Constraints;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Tests.Loop;
using Cambium.Runtime.Tests.Constraints;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Sampling;

public class ConstrainedAnswerTests
{
    private const string Schema = """
        { "type": "object",
          "properties": { "name": { "type": "string", "maxLength": 12 }, "age": { "type": "integer", "minimum": 0, "maximum": 150 },
            "tags": { "type": "array", "items": { "enum": ["a", "b"] }, "maxItems": 4 } },
          "required": ["name", "age"], "additionalProperties": false }
        """;

    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 4096, Threads = 1, MaxSequences = 8, Seed = 7 };

    private static readonly Request Person = new() { Prompt = "A person:", MaxTokens = 400, Constraint = Constraint.JsonSchema(Schema),
        Sampling = new() { Temperature = 1, TopK = 40, Seed = 3 } };

    [Theory]
    [InlineData(0)]
    [InlineData(0.7f)]
    [InlineData(3)]
    public void A_finished_answer_matches_its_schema(float temperature)
    {
        using var loop = new EngineLoop(new NoiseModel(ByteTokenizer.Checkpoint(ByteTokenizer.Eos)), Small);
        using var schema = JsonDocument.Parse(Schema);
        for (var seed = 0UL; seed < 10; seed++)
        {
            var answer = loop.Run(Person with { Sampling = new() { Temperature = temperature, Seed = seed } });
            Assert.Equal(FinishReason.Complete, answer.Finish);
            using var value = JsonDocument.Parse(answer.Text);
            Assert.Null(new SchemaValidator(schema.RootElement).Violation(value.RootElement));
        }
    }

    [Fact]
    public void A_truncated_answer_is_a_prefix_of_a_valid_one()
    {
        using var loop = new EngineLoop(new NoiseModel(ByteTokenizer.Checkpoint(ByteTokenizer.Eos)), Small);
        var walker = new Walker(Person.Constraint!);
        for (var limit = 1; limit < 40; limit++)
        {
            var answer = loop.Run(Person with { MaxTokens = limit, Sampling = new() { Temperature = 1, Seed = (ulong)limit } });
            Assert.True(answer.Finish is FinishReason.Length or FinishReason.Complete);
            Assert.True(walker.Begins(answer.Text), answer.Text);
            Assert.DoesNotContain('\uFFFD', answer.Text);
        }
    }

    [Fact]
    public void Answers_to_random_schemas_match_or_are_prefixes()
    {
        var (stopped, cut) = (0, 0);
        using var loop = new EngineLoop(new NoiseModel(ByteTokenizer.Checkpoint(ByteTokenizer.Eos)), Small);
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var random = new Random(seed);
                var text = new RandomSchemas(random).Whole().ToJsonString();
                if (RandomSchemas.TryCompile(text) is not { } constraint)
                    return;
                using var schema = JsonDocument.Parse(text);
                var validator = new SchemaValidator(schema.RootElement);
                var sampling = new SamplingOptions { Temperature = random.Next(4), TopP = random.Next(2) == 0 ? 1 : 0.7f,
                    RepetitionPenalty = random.Next(2) == 0 ? 1 : 1.3f, Seed = (ulong)seed };
                var answer = loop.Run(new Request { Prompt = "x", MaxTokens = random.Next(1, 200), Constraint = constraint, Sampling = sampling });
                var whole = answer.Text;
                if (answer.Finish == FinishReason.Length)
                {
                    cut++;
                    whole = new Walker(constraint).Complete(whole);
                }
                else
                {
                    stopped++;
                }

                using var value = JsonDocument.Parse(whole, new JsonDocumentOptions { MaxDepth = 1000 });
                Assert.True(validator.Violation(value.RootElement) is null,
                    $"{answer.Finish}: {validator.Violation(value.RootElement)}\n{text}\n{answer.Text}\n{whole}");
            },
            iter: 120,
            threads: 1);
        Assert.True(stopped > 15 && cut > 15, $"{stopped} answers stopped, {cut} were cut.");
        loop.CheckIntegrity();
    }

    [Fact]
    public void EOS_is_masked_until_the_constraint_is_satisfied()
    {
        // The model always prefers EOS.
        var model = new NoiseModel(ByteTokenizer.Checkpoint(ByteTokenizer.Eos));
        using var loop = new EngineLoop(model, Small);
        var bias = new Dictionary<int, float> { [ByteTokenizer.Eos] = 1000 };
        var answer = loop.Run(new Request { Prompt = "x", MaxTokens = 50, Constraint = Constraint.Regex("[ab]{3}c*"),
            Sampling = new() { LogitBias = bias } });
        Assert.Equal(FinishReason.Eos, answer.Finish);
        Assert.Matches("^[ab]{3}$", answer.Text);
        // EOS is masked, so the answer ends only where no token can follow.
        bias[ByteTokenizer.Eos] = -1000;
        answer = loop.Run(new Request { Prompt = "x", MaxTokens = 50, Constraint = Constraint.Regex("[ab]{3}c{0,5}"),
            Sampling = new() { LogitBias = bias } });
        Assert.Equal((FinishReason.Complete, 8), (answer.Finish, answer.Text.Length));
        // EOS is never part of the text, although its letter may occur in other tokens.
        for (var seed = 0UL; seed < 20; seed++)
        {
            answer = loop.Run(new Request { Prompt = "x", MaxTokens = 50, EosTokens = ['a'], Constraint = Constraint.Regex("[ab]{3,9}"),
                Sampling = new() { Temperature = 5, Seed = seed } });
            Assert.DoesNotContain('a', answer.Tokens.SkipLast(answer.Finish == FinishReason.Eos ? 1 : 0));
            Assert.Matches("^[ab]{3,9}$", answer.Text);
        }

        loop.CheckIntegrity();
    }

    [Fact]
    public void Constrained_answers_do_not_depend_on_the_batch()
    {
        var requests = Enumerable.Range(0, 12).Select(i => Person with
        {
            Sampling = new() { Temperature = 1.5f, Seed = (ulong)i },
            Constraint = (i % 3) switch { 0 => Person.Constraint, 1 => Constraint.Regex("[a-f]{2,30}(x|y)"), _ => null },
            MaxTokens = 60,
        }).ToArray();
        var alone = requests.Select(request =>
        {
            using var loop = new EngineLoop(new NoiseModel(ByteTokenizer.Checkpoint(ByteTokenizer.Eos)), Small);
            return loop.Run(request).Tokens;
        }).ToArray();
        using var together = new EngineLoop(new NoiseModel(ByteTokenizer.Checkpoint(ByteTokenizer.Eos)), Small with { Threads = 2 });
        var sinks = requests.Select(_ => new CollectingSink()).ToArray();
        for (var i = 0; i < requests.Length; i++)
            together.Submit(requests[i], sinks[i]);
        while (together.HasWork)
            together.Step();
        Assert.Equal(alone, sinks.Select(static sink => sink.Completion.Tokens));
        // States of the automaton that are already cached do not change the answers.
        Assert.Equal(alone, requests.Select(request => together.Run(request).Tokens));
    }

    [Fact]
    public void A_constraint_without_tokens_fails_only_its_request()
    {
        using var loop = new EngineLoop(new NoiseModel(ByteTokenizer.Checkpoint()), Small);
        var (fails, goesOn) = (new CollectingSink(), new CollectingSink());
        var bias = Enumerable.Range(0, 280).ToDictionary(static i => i, static _ => float.NegativeInfinity);
        loop.Submit(new Request { Prompt = "x", Constraint = Constraint.Regex("ab"), Sampling = new() { LogitBias = bias } }, fails);
        loop.Submit(new Request { Prompt = "x", MaxTokens = 5 }, goesOn);
        while (loop.Step())
        {
        }

        Assert.Contains("No token is left", Assert.IsType<EngineFailedException>(fails.Failure).Message, StringComparison.Ordinal);
        Assert.Equal(5, goesOn.Completion.Tokens.Count);
        loop.CheckIntegrity();
    }

    [Fact]
    public void A_constraint_needs_a_tokenizer()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var error = Assert.Throws<RequestRefusedException>(() => loop.Run(new Request { PromptTokens = (int[])[1], Constraint = Constraint.Json() }));
        Assert.Contains("tokenizer", error.Message, StringComparison.Ordinal);
    }
}
