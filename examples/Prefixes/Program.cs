using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Prefixes;
using Prefixes;

using var model = Llama.Load(Path.Combine(AppContext.BaseDirectory, "model"));
await using var engine = new Engine(model);
var tokenizer = model.Checkpoint.Tokenizer!;
var folder = Directory.CreateTempSubdirectory("cambium-prefixes-").FullName;
try
{
    // Make prefixes: the keys and values of two registers. Training makes better ones; the files are the same.
    const string Question = " Question: What color is the boat of Mia? Answer:";
    var north = Capture("Register. Mia has a red boat. Tom has a blue coat.", "north");
    var south = Capture("Register. Mia has a green boat. Ann has a white hat.", "south");

    // One file of Cambium with an attribute, and one folder that PEFT can load.
    var towns = Path.Combine(folder, "towns.safetensors");
    PrefixFile.Save(new Prefix
    {
        Name = "towns",
        Method = "captured",
        BaseDigest = north.BaseDigest,
        Attributes = [new("town", [new("north", north.Parts), new("south", south.Parts)])],
    }, towns);
    PeftWriter.Save(south, Path.Combine(folder, "south"), "quickstart");

    // Load them. Values of the attribute are those of an enum: another one does not compile.
    var town = engine.LoadPrefix<Town>(towns);
    var peft = engine.LoadPrefix(Path.Combine(folder, "south"));
    var memory = engine.LoadPrefix(Memory.Of(north, model));
    var note = engine.LoadPrefix(new Prefix { Name = "note", Method = "mark", Parts = [new PrefixPart.Mark("reviewed")] });

    // One batch of requests: each names the prefixes that it stands on. The tokens are the question only.
    var question = tokenizer.Encode("Register." + Question).AsMemory()[tokenizer.Encode("Register.").Length..];
    PrefixUse[][] paths =
    [
        [town[Town.North]], [town[Town.North]], [town[Town.South]], [peft], [memory], [note, town[Town.North]], [town[Town.South], memory], [],
    ];
    var requests = paths.Select(path => new Request { PromptTokens = question, Prefixes = path, Stop = ["."], MaxTokens = 4 }).ToList();
    var answers = await Task.WhenAll(requests.Select(request => engine.CompleteAsync(request)));
    var tree = await engine.SnapshotAsync();

    // Each answer equals the answer alone, to the last bit of its log probabilities.
    var table = new Table();
    for (var i = 0; i < requests.Count; i++)
        table.Add(requests[i], answers[i], isAsAlone: await AloneAsync(requests[i]) == answers[i].Text);
    Console.WriteLine(table);
    Console.WriteLine($"{engine.Prefixes.Count} prefixes are loaded. They take no page of the KV cache:\n{tree}");
    return table.IsAsExpected ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

Prefix Capture(string text, string name) => engine.CapturePrefix(tokenizer.Encode(text), name);

async Task<string> AloneAsync(Request request)
{
    // A tenant of its own finds nothing in the cache.
    var answer = await engine.CompleteAsync(request with { Tenant = Guid.NewGuid().ToString() });
    return answer.Text;
}
