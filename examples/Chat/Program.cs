using Cambium.Models;
using Cambium.Runtime;
using Cambium.Serving;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

// Any checkpoint of a class on board, and a question. Without them: the small model of the Quickstart, which knows registers of things and their colours.
var folder = args is [var given, ..] ? given : Path.Combine(AppContext.BaseDirectory, "model");
var question = args is [_, var asked, ..] ? asked : "Register. Mia has a red boat. Question: What color is the boat of Mia? Answer:";

// The small model was not made for conversations: its prompt is what the last message says.
var template = ChatTemplate.TryLoad(folder) ?? ChatTemplate.Parse("{{ messages[-1].content }}");

using var model = Zoo.Load(folder);
await using var engine = new Engine(model);
using IChatClient chat = engine.AsChatClient(template);
await foreach (var update in chat.GetStreamingResponseAsync(question, new ChatOptions { MaxOutputTokens = 200, StopSequences = ["."] }))
    Console.Write(update.Text);
Console.WriteLine();
