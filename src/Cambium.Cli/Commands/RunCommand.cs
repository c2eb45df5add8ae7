using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Engine;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium run</c>: continues one prompt and streams the text.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var prompt = new Option<string>("--prompt", "-p") { Description = "The text to continue; '-' reads it from standard input (without the line break at its end).", Required = true, HelpName = "text" };
        var maxTokens = new Option<int?>("--max-tokens", "-n") { Description = "Tokens to generate at most; by default until the context is full.", HelpName = "n" }.AtLeast(1);
        var temperature = new Option<float>("--temperature", "-t") { Description = "0 takes the likeliest token; higher draws more freely.", HelpName = "t" };
        temperature.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && float.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && !(value >= 0 && float.IsFinite(value)))
                result.AddError($"Option '--temperature' is {token.Value}; it must be 0 or a positive number.");
        });
        var seed = new Option<ulong?>("--seed") { Description = "Makes draws repeatable: the same seed gives the same text.", HelpName = "n" };
        var stop = new Option<string[]>("--stop") { Description = "Text that ends the answer, which is cut before it; may be given several times.", HelpName = "text", DefaultValueFactory = static _ => [] };
        var special = new Option<bool>("--special") { Description = "Names of special tokens in the prompt become those tokens; otherwise they are text." };
        var weights = WeightsOption.Create();
        var engine = new EngineSettings();
        var command = new Command("run", "Continues a prompt and streams the text. What it took is written to standard error at the end.") { checkpoint, prompt, maxTokens, temperature, seed, stop, special, weights };
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var request = new Request
            {
                Prompt = PromptOf(parsed.GetRequiredValue(prompt), terminal),
                ParseSpecialTokens = parsed.GetValue(special),
                MaxTokens = parsed.GetValue(maxTokens),
                Sampling = new() { Temperature = parsed.GetValue(temperature), Seed = parsed.GetValue(seed) },
                Stop = parsed.GetValue(stop) ?? [],
            };
            return Task.Run(() => RunAsync(parsed.GetRequiredValue(checkpoint), parsed.GetValue(weights), request, engine.Read(parsed), terminal, cancellation), CancellationToken.None);
        });
        return command;
    }

    private static string PromptOf(string option, Terminal terminal)
    {
        if (option != "-")
            return option;
        var text = terminal.In.ReadToEnd();
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }

    private static async Task<int> RunAsync(string checkpoint, WeightStorage storage, Request request, EngineOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var model = ModelLoader.Load(checkpoint, storage, terminal, cancellation);
        if (model.Checkpoint.Tokenizer is null)
            throw new UserException($"{checkpoint}: has no tokenizer.json, expected one for a prompt of text. Put it there, or use 'cambium logits' with token ids.");
        // One sequence runs, so the pool need not hold more than its context.
        await using var engine = EngineSettings.Build(() => new Engine(model, options with { MaxSequences = 1 }));
        var clock = Stopwatch.StartNew();
        TimeSpan? first = null;
        var generated = 0;
        GeneratedToken last = default;
        try
        {
            await foreach (var token in engine.GenerateAsync(request, cancellation))
            {
                first ??= clock.Elapsed;
                generated++;
                last = token;
                if (token.Text.Length == 0)
                    continue;
                await terminal.Out.WriteAsync(token.Text);
                await terminal.Out.FlushAsync(CancellationToken.None);

                // What the engine has ready already would go on being printed.
                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // A half-written line would run into the next prompt of the shell.
            if (generated > 0)
                await terminal.Out.WriteLineAsync();
            if (first is { } waited)
                await terminal.Error.WriteLineAsync(Summary(last, generated, waited, clock.Elapsed));
        }

        return ExitCode.Success;
    }

    private static string Summary(GeneratedToken last, int generated, TimeSpan first, TimeSpan total)
    {
        var prompt = last.IsLast ? $"{last.Usage.PromptTokens} prompt tokens ({last.Usage.CachedTokens} cached), " : "";
        // The first token is the prompt's time.
        var speed = generated > 1 && total > first
            ? string.Create(CultureInfo.InvariantCulture, $" at {(generated - 1) / (total - first).TotalSeconds:0.0} tok/s")
            : "";
        var end = last.Finish switch
        {
            FinishReason.EndOfText => "end of text",
            FinishReason.StopString => "stopped by --stop",
            FinishReason.Length => "stopped by --max-tokens",
            FinishReason.ContextFull => "the context is full",
            _ => "not finished",
        };
        return string.Create(CultureInfo.InvariantCulture, $"[{prompt}first token after {first.TotalMilliseconds:0} ms, {generated} tokens{speed}; {end}]");
    }
}
