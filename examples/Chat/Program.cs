using Cambium.Models;
using Cambium.Runtime;
using Cambium.Serving;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

// Arguments: a checkpoint folder and a question. The defaults are the small model of the Quickstart and a question that it can answer.
var folder = args is [var given, ..] ? given : Path.Combine(AppContext.BaseDirectory, "model");
var question = args is [_, var asked, ..] ? asked : "Register. Mia has a red boat. Question: What color is the boat of Mia? Answer:";

// The small model has no chat template. Its prompt is the text of the last message.
var template = ChatTemplate.TryLoad(folder) ?? ChatTemplate.Parse("{{ messages[-1].content }}");

using var model = Zoo.Load(folder);
await using var engine = new Engine(model);
using IChatClient chat = engine.AsChatClient(template);
var options = new ChatOptions { MaxOutputTokens = 200, StopSequences = ["."] };
await foreach (var update in chat.GetStreamingResponseAsync(question, options))
    Console.Write(update.Text);
Console.WriteLine();
