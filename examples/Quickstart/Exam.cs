using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quickstart;

/// <summary>A register of facts about the people of a town, and questions about it.</summary>
internal sealed record Exam(string Register, IReadOnlyList<Question> Questions)
{
    public static Exam Read(string path)
    {
        using var file = File.OpenRead(path);
        return JsonSerializer.Deserialize(file, ExamJson.Default.Exam)
            ?? throw new InvalidDataException($"'{path}' contains null; expected an exam.");
    }

    /// <summary>The prompt of a question. All prompts share the register as a prefix.</summary>
    public string PromptFor(Question question) => $"{Register} Question: {question.Text} Answer:";
}

/// <summary>One question.</summary>
/// <param name="Text">The question.</param>
/// <param name="Truth">The correct answer.</param>
/// <param name="Reference">The answer of the reference implementation (PyTorch, float32, greedy) with the same weights.</param>
internal sealed record Question(string Text, string Truth, string Reference);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Exam))]
internal sealed partial class ExamJson : JsonSerializerContext;
