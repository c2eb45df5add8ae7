using Cambium.Models;
using Cambium.Runtime;
using Quickstart;

var folder = Path.Combine(AppContext.BaseDirectory, "model");
var exam = Exam.Read(Path.Combine(AppContext.BaseDirectory, "exam.json"));
var answers = exam.Questions.Select(question => new Answer(question)).ToArray();
var cancellation = CtrlC.Token;
try
{
    // Load a Hugging Face checkpoint into a model class. Its kernels were generated when the class was built.
    using var model = Llama.Load(folder);

    // One engine has one KV cache. Requests that begin with the same tokens share them.
    await using var engine = new Engine(model);

    // Ask all questions at once. Each prompt is the same long register followed by a question.
    async Task AskAsync(Answer answer)
    {
        var request = new Request { Prompt = exam.PromptFor(answer.Question), Stop = ["."], MaxTokens = 16 };
        await foreach (var token in engine.GenerateAsync(request, cancellation))
            answer.Append(token.Text);
        answer.Complete();
    }

    await Screen.ShowAsync(answers, Task.WhenAll(answers.Select(AskAsync)));

    // The rest checks the answers and measures what sharing saved.
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
