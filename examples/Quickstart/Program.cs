using Cambium.Models;
using Cambium.Runtime;
using Quickstart;

var folder = Path.Combine(AppContext.BaseDirectory, "model");
var exam = Exam.Read(Path.Combine(AppContext.BaseDirectory, "exam.json"));
var answers = exam.Questions.Select(question => new Answer(question)).ToArray();
var cancellation = CtrlC.Token;
try
{
    // Load: an ordinary Hugging Face checkpoint, for a C# class whose kernels were made when it was built.
    using var model = Llama.Load(folder);

    // Serve: one engine, one tree of prefixes. Whoever begins with the same tokens shares them.
    await using var engine = new Engine(model);

    // Ask: every question at once, each of them after the same long register.
    async Task AskAsync(Answer answer)
    {
        var request = new Request { Prompt = exam.PromptFor(answer.Question), Stop = ["."], MaxTokens = 16 };
        await foreach (var token in engine.GenerateAsync(request, cancellation))
            answer.Append(token.Text);
        answer.Complete();
    }

    await Screen.ShowAsync(answers, Task.WhenAll(answers.Select(AskAsync)));

    // That was all. The rest asks whether the answers were right, and what sharing the register saved.
    var verdict = new Verdict(answers);
    Screen.Show(verdict);
    var comparison = new Comparison(exam);
    await Screen.ShowAsync(comparison, comparison.RunAsync(folder, cancellation));
    return verdict.IsAsRecorded && comparison.TokensAreEqual ? 0 : 1;
}
catch (OperationCanceledException)
{
    return Screen.Cancelled();
}
