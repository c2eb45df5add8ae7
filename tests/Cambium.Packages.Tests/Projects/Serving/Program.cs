using Cambium.Models;
using Cambium.Runtime;

using var model = Zoo.Load(args[0]);
await using var engine = new Engine(model);
var answer = await engine.CompleteAsync(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 5, EosTokens = [] });
Console.WriteLine(string.Join(' ', answer.Tokens));
