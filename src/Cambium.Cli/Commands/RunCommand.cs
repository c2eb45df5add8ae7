using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Cambium.Cli.Answers;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium run</c>: continues one prompt and streams the text.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var prompt = new Option<string>("--prompt", "-p")
        {
            Description = "The text to continue; '-' reads it from standard input, without the last line break.",
            Required = true,
            HelpName = "text",
        };
        var special = new Option<bool>("--special") { Description = "Encodes names of special tokens in the prompt as those tokens, not as text." };
        var weights = new WeightSettings(WeightProducts.Integer);
        var count = new Option<int>("--count", "-c")
        {
            Description = "Number of answers. They are generated in one batch over one shared prompt.",
            HelpName = "n",
            DefaultValueFactory = static _ => 1,
        }.AtLeast(1);
        var likelihoods = new Option<int?>("--log-probabilities")
        {
            Description = "Writes each token's log probability to standard error, with those of the n most likely tokens.",
            HelpName = "n",
        }.AtLeast(0);
        var (sampling, constraint, prefixes, engine) = (new SamplingSettings(), new ConstraintSettings(), new PrefixSettings(), new EngineSettings());
        const string description = "Continues a prompt and streams the text. Times and token counts are written to standard error at the end.";
        var command = new Command("run", description) { checkpoint, prompt, special, count, likelihoods };
        sampling.AddTo(command);
        constraint.AddTo(command);
        prefixes.AddTo(command);
        weights.AddTo(command);
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var request = sampling.Read(parsed) with
            {
                Prompt = PromptOf(parsed.GetRequiredValue(prompt), terminal),
                ParseSpecialTokens = parsed.GetValue(special),
                Count = parsed.GetValue(count),
                LogProbabilities = parsed.GetValue(likelihoods),
                Constraint = constraint.Read(parsed, terminal, cancellation),
            };
            var (folder, choice, options) = (parsed.GetRequiredValue(checkpoint), weights.Read(parsed), engine.Read(parsed));
            var stands = prefixes.Read(parsed);
            return Task.Run(() => RunAsync(folder, choice, request, stands, options, terminal, cancellation), CancellationToken.None);
        });
        return command;
    }

    private static string PromptOf(string option, Terminal terminal) => option == "-" ? TextFile.ReadInput(terminal) : option;

    private static async Task<int> RunAsync(
        string checkpoint, WeightChoice weights, Request request, PrefixArguments prefixes, EngineOptions options, Terminal terminal,
            CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var choice = weights with { Adapters = prefixes.Adapters };
        using var model = ModelLoader.LoadWithTokenizer(checkpoint, choice, options.Threads, terminal, cancellation);
        if (model.Checkpoint.Tokenizer is not { } tokenizer)
            throw new UserException($"{checkpoint}: has no tokenizer.json, which a prompt needs. Add it, or use 'cambium logits' with token ids.");
        var loading = Stopwatch.GetElapsedTime(start);
        // The KV cache is sized for the sequences of this one request.
        var limited = options with { MaxSequences = Math.Min(request.Count, options.MaxSequences) };
        await using var engine = EngineSettings.Build(() => new Engine(model, limited));
        request = request with { Prefixes = prefixes.Load(engine.LoadPrefix, terminal) };
        var (writer, summary, likelihoods) = (new AnswerWriter(terminal.Out, request.Count), new AnswerSummary(), new LikelihoodTable(tokenizer));
        try
        {
            await foreach (var token in engine.GenerateAsync(request, cancellation))
            {
                summary.Add(token);
                likelihoods.Add(token);
                await writer.WriteAsync(token);

                // Tokens that the engine has already buffered would still be printed.
                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await writer.CloseAsync();
            await terminal.Error.WriteAsync(likelihoods.ToString());
            if (summary.Tokens > 0)
                await terminal.Error.WriteLineAsync($"{summary} {Memory(loading)}");
        }

        return ExitCode.Success;
    }

    private static string Memory(TimeSpan loading)
    {
        using var process = Process.GetCurrentProcess();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[loaded in {loading.TotalMilliseconds:0} ms, peak resident memory {process.PeakWorkingSet64 / 1e6:0} MB]");
    }
}
