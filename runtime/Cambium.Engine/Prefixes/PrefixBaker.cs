using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>
/// Computes the keys and values of parts that act on later tokens through them only, by running the model over given rows once.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="device">Runs it. Its steps take turns with those of the engine.</param>
/// <param name="options">The chunks of the engine: the bits are those of tokens with these embeddings.</param>
internal sealed class PrefixBaker(CompiledModel model, Device device, EngineOptions options)
{
    /// <summary>The part as keys and values.</summary>
    /// <exception cref="NotSupportedException">The model has no place for such rows; says why.</exception>
    public PrefixPart.Content Bake(PrefixPart part, CancellationToken cancellation) => part switch
    {
        PrefixPart.Embeddings rows => Bake(rows, cancellation),
        PrefixPart.Adaption adaption => Bake(adaption, cancellation),
        _ => throw new NotSupportedException($"{model.Definition.Name} cannot compute a part of type {part.GetType().Name}."),
    };

    private PrefixPart.Content Bake(PrefixPart.Embeddings given, CancellationToken cancellation)
    {
        var entry = model.EntryPoints[0];
        if (entry.EmbeddingWidth is not { } width)
        {
            throw new NotSupportedException(
                $"{model.Definition.Name} looks tokens up in no table or in several, so that rows cannot stand in their place.");
        }

        if (given.Rows.Length != (long)given.Count * width)
        {
            throw new ArgumentException(
                $"{given.Count} rows of {width} numbers were expected, and there are {given.Rows.Length} numbers.", nameof(given));
        }

        return Compute([.. Enumerable.Range(0, given.Count).Select(static row => ~row)], given.Rows.Span, cancellation);
    }

    /// <summary>The keys and values of a sequence from position 0 on.</summary>
    /// <param name="tokens">Its tokens; ~i stands for row i of the given rows.</param>
    /// <param name="rows">[count, embedding width] given rows.</param>
    /// <param name="cancellation">Checked before the step.</param>
    public PrefixPart.Content Compute(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, CancellationToken cancellation)
    {
        if (ModelContext.LengthOf(model, model.EntryPoints[0]) is { } most && tokens.Length > most)
            throw new ArgumentException($"The prefix has {tokens.Length} rows, and the model supports {most} positions.", nameof(tokens));

        cancellation.ThrowIfCancellationRequested();
        var chunkSize = options.ChunkSize;
        using var store = device.CreateStore(model.CacheSites, chunkSize, (tokens.Length + chunkSize - 1) / chunkSize);
        using var program = device.Open(model, new ProgramLimits(0, tokens.Length, 1), store);
        var lengths = (ReadOnlySpan<int>)[tokens.Length];
        var plan = new WholeSequencePlan(chunkSize);
        plan.Describe(lengths, isCausal: true, options.MaxBlockRows);
        program.Plan = plan.Plan;
        if (rows.Length > 0)
            rows.CopyTo(program.Batch.Give(rows.Length));
        for (var row = 0; row < tokens.Length; row++)
        {
            program.Batch.Tokens[row] = tokens[row];
            program.Batch.Positions[row] = row;
            program.Batch.PageOfRow[row] = row / chunkSize;
            program.Batch.SlotOfRow[row] = row % chunkSize;
        }

        (program.Batch.Rows, program.Batch.OutputCount, program.Batch.OutputRows[0]) = (tokens.Length, 1, tokens.Length - 1);
        program.Launch();
        program.Await();
        return new PrefixPart.Content(Read(store, tokens.Length), HasPositions: true);
    }

    private PrefixPart.Content Bake(PrefixPart.Adaption adaption, CancellationToken cancellation)
    {
        var sites = model.CacheSites;
        var rows = adaption.Layers.FirstOrDefault(static layer => layer is not null)?.Count
            ?? throw new ArgumentException("The prefix has no layer.", nameof(adaption));
        var data = new SideData(sites, rows);
        using var store = device.CreateStore(sites, options.ChunkSize, 1);
        using var program = device.Open(model, new ProgramLimits(0, 1, 1), store);
        var number = 0;
        for (var site = 0; site < sites.Count; site++)
        {
            for (var layer = 0; layer < sites[site].Layers; layer++, number++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (adaption.Layers[number] is not { } prompt)
                    continue;
                data.Gates(site, layer).Fill(prompt.Gate);
                for (var head = 0; head < sites[site].KvHeads; head++)
                {
                    Multiply(program, site, layer, ofKeys: true, head, sites[site].KeySize, prompt, data.Key);
                    Multiply(program, site, layer, ofKeys: false, head, sites[site].ValueSize, prompt, data.Value);
                }
            }
        }

        return new PrefixPart.Content(data, HasPositions: false);
    }

    private delegate Span<float> Target(int site, int layer, int head, int row);

    private void Multiply(
        ModelProgram program, int site, int layer, bool ofKeys, int head, int size, AdaptionLayer prompt, Target target)
    {
        if (program.Product(site, layer, ofKeys) is not { } product)
        {
            throw new NotSupportedException(
                $"The {(ofKeys ? "keys" : "values")} of {model.Definition.Name} do not come from one product with a weight, so that an adaption "
                + "prompt has none.");
        }

        if (prompt.Rows.Length != (long)prompt.Count * product.Inputs)
        {
            throw new ArgumentException(
                $"The adaption prompt of layer {layer} has {prompt.Rows.Length} numbers, and {prompt.Count} rows of {product.Inputs} were expected.",
                nameof(prompt));
        }

        var weights = new float[product.Inputs];
        for (var element = 0; element < size; element++)
        {
            var bias = product.Read((head * size) + element, weights);
            for (var row = 0; row < prompt.Count; row++)
            {
                var sum = 0.0;
                var from = prompt.Rows.Span.Slice(row * product.Inputs, product.Inputs);
                for (var i = 0; i < weights.Length; i++)
                    sum += (double)from[i] * weights[i];
                target(site, layer, head, row)[element] = (float)(sum + bias);
            }
        }
    }

    private RowData Read(ChunkStore store, int rows)
    {
        var chunkSize = options.ChunkSize;
        var data = new RowData(model.CacheSites, rows);
        for (var site = 0; site < data.Sites.Count; site++)
        {
            for (var layer = 0; layer < data.Sites[site].Layers; layer++)
            {
                for (var head = 0; head < data.Sites[site].KvHeads; head++)
                {
                    for (var row = 0; row < rows; row++)
                    {
                        store.ReadKey(row / chunkSize, row % chunkSize, site, layer, head, data.Key(site, layer, head, row));
                        store.ReadValue(row / chunkSize, row % chunkSize, site, layer, head, data.Value(site, layer, head, row));
                    }
                }
            }
        }

        return data;
    }
}
