using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quickstart;

/// <summary>A register of facts about the people of a town, and questions that it answers.</summary>
internal sealed record Exam(string Register, IReadOnlyList<Question> Questions)
{
    public static Exam Read(string path)
    {
        using var file = File.OpenRead(path);
        return JsonSerializer.Deserialize(file, ExamJson.Default.Exam) ?? throw new InvalidDataException($"'{path}' holds null; expected an exam.");
    }

    /// <summary>All prompts begin with the register: that is what they share.</summary>
    public string PromptFor(Question question) => $"{Register} Question: {question.Text} Answer:";
}

/// <summary>One question.</summary>
/// <param name="Text">What is asked.</param>
/// <param name="Truth">The one right answer.</param>
/// <param name="Reference">What the reference implementation (PyTorch, float32, greedy) answered with the same weights.</param>
internal sealed record Question(string Text, string Truth, string Reference);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Exam))]
internal sealed partial class ExamJson : JsonSerializerContext;
