using System.Globalization;
using Alder;
using Cambium.Runtime;

// Arguments: a checkpoint and token ids. Prints one line of logits per token.
using var tree = Tree.Load(args[0]);
await using var engine = new Engine(tree);
await engine.CompleteAsync(new Request
{
    PromptTokens = Array.ConvertAll(args[1..], static text => int.Parse(text, CultureInfo.InvariantCulture)),
    MaxTokens = 1,
    EosTokens = [],
    Observer = new Printer(args.Length - 1),
});

internal sealed class Printer(int positions) : IPromptObserver
{
    public void Logits(int position, ReadOnlySpan<float> logits)
    {
        if (position < positions)
            Console.WriteLine(string.Join(' ', logits.ToArray().Select(static value => value.ToString("R", CultureInfo.InvariantCulture))));
    }

    public void Hidden(int index, int position, ReadOnlySpan<float> hidden)
    {
    }
}
