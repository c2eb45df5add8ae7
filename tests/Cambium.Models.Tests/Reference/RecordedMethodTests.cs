using System.Text.Json;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Xunit;

namespace Cambium.Models.Tests.Reference;

/// <summary>Prefixes of the papers' methods in the engine, against logits of plain tensor code.</summary>
public sealed class RecordedMethodTests
{
    public static TheoryData<string> PrefixTuning => Folders("prefix-tuning");

    public static TheoryData<string> ControlPrefixes => Folders("control-prefixes");

    public static TheoryData<string, string> States
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var folder in Fixtures.FoldersWith("ntk-model", "case.json", "expected.safetensors"))
            {
                using var recorded = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
                foreach (var model in recorded.RootElement.GetProperty("models").EnumerateObject())
                    cases.Add(folder, model.Name);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(PrefixTuning))]
    public void Prefix_tuning_in_a_ragged_batch(string folder) => In(folder, static recorded =>
    {
        var lengths = recorded.Case.GetProperty("shapes").GetProperty("ragged_prefix_lengths").EnumerateArray().Select(static one => one.GetInt32());
        var sequences = lengths.Select((length, row) =>
            (recorded.Ids($"ragged.ids.{row}"), length == 0 ? (PrefixUse[])[] : [recorded.Rows($"ragged.P.{row}")])).ToArray();
        var logits = recorded.Logits(sequences);
        for (var row = 0; row < logits.Count; row++)
            recorded.Close($"ragged.logits.{row}", logits[row]);
    });

    [Theory]
    [MemberData(nameof(PrefixTuning))]
    public void Prefix_tuning_for_a_whole_batch(string folder) => In(folder, static recorded =>
        CompareBatch(recorded, "flat", "flat.logits", recorded.Rows("flat.P")));

    [Theory]
    [MemberData(nameof(PrefixTuning))]
    public void Embeddings_are_run_once_and_served_as_rows(string folder) => In(folder, static recorded =>
    {
        var rows = Mlp(recorded, "embedding.E", "embedding.W1", "embedding.b1", "embedding.W2", "embedding.b2");
        var prefix = recorded.Load(new PrefixPart.Embeddings(rows, (int)recorded.Shape("embedding.E")[0]), "embedding");
        CompareBatch(recorded, "embedding", "embedding.logits", prefix);
    });

    [Theory]
    [MemberData(nameof(PrefixTuning))]
    public void Keys_and_values_of_real_tokens_are_a_prefix(string folder) => In(folder, static recorded =>
    {
        var captured = recorded.Loop.CapturePrefix(recorded.Ids("init.ids"));
        recorded.Close("init.T", PeftLayout.Write((RowData)((PrefixPart.Content)captured.Parts[0]).Data));
        var logits = recorded.Logits((recorded.Ids("init.continuation"), [recorded.Loop.LoadPrefix(captured)]));
        recorded.Close("init.logits", logits[0]);
    });

    [Theory]
    [MemberData(nameof(ControlPrefixes))]
    public void Control_prefixes_in_a_mixed_batch(string folder) => In(folder, static recorded =>
    {
        var prefix = recorded.Loop.LoadPrefix(ControlPrefix(recorded, table =>
            Mlp(recorded, $"initial.{table}", "initial.W1", "initial.b1", "initial.W2", "initial.b2")));
        var (ids, labels) = (recorded.Ids("train.ids"), recorded.Ids("train.labels"));
        var attributes = prefix.Attributes.Keys.ToArray();
        var (rows, longest) = ((int)recorded.Shape("train.ids")[1], (int)recorded.Shape("train.ids")[2]);
        var sequences = Enumerable.Range(0, rows).Select(row => (
            ids[(row * longest)..((row + 1) * longest)],
            (PrefixUse[])[prefix.With([.. attributes.Select((attribute, i) => $"{attribute}={labels[(row * attributes.Length) + i]}")])])).ToArray();
        CompareRows(recorded, "shared.logits", recorded.Logits(sequences), recorded.Ids("train.length"));
    });

    [Theory]
    [MemberData(nameof(ControlPrefixes))]
    public void Control_prefixes_of_unseen_labels(string folder) => In(folder, static recorded =>
    {
        var all = recorded.Expected.ReadFloats("shared.final.M");
        var width = (int)recorded.Shape("shared.final.M")[1];
        var first = 0;
        float[] Next(string table)
        {
            var count = (int)recorded.Shape($"initial.{table}")[0];
            first += count;
            return all[((first - count) * width)..(first * width)];
        }

        var control = ControlPrefix(recorded, Next);
        var prefix = recorded.Loop.LoadPrefix(control);
        var withoutTask = recorded.Loop.LoadPrefix(control with { Parts = [] });
        var unseen = recorded.Case.GetProperty("unseen");
        var attributes = prefix.Attributes.Keys.ToArray();
        string[] others = [.. unseen.GetProperty("other_labels").EnumerateArray().Select((label, i) => $"{attributes[i + 1]}={label}")];
        var nearest = $"{attributes[0]}={unseen.GetProperty("nearest").GetInt32()}";
        var ids = recorded.Ids("unseen.ids");
        var logits = recorded.Logits(
            (ids, [recorded.Rows("unseen.C"), prefix.With(others)]),
            (ids, [prefix.With([nearest, .. others])]),
            (ids, [prefix.With(others)]),
            (ids, [withoutTask.With([nearest, .. others])]));
        foreach (var (result, i) in ((string[])["mixture", "nearest", "none", "no_task"]).Select(static (result, i) => (result, i)))
            recorded.Close($"unseen.logits.{result}", logits[i]);
    });

    [Theory]
    [MemberData(nameof(States))]
    public void States_alone_and_with_rows(string folder, string name)
    {
        using var probe = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        var model = probe.RootElement.GetProperty("models").GetProperty(name);
        using var recorded = new RecordedMethod(folder, model.GetProperty("checkpoint").GetString(), name);
        var (ids, longRows) = (recorded.Ids($"{name}.ids"), model.GetProperty("long_rows").GetInt32());
        var state = recorded.Load(State(recorded, $"{name}.z", $"{name}.k"), "state");
        var rows = recorded.Load(Rows(recorded, $"{name}.prefix.k", $"{name}.prefix.v"), "rows");
        var longer = recorded.Load(Rows(recorded, $"{name}.long.k", $"{name}.long.v"), "long");
        var logits = recorded.Logits((ids, []), (ids, [state]), (ids, [rows, state]), (ids, [longer]));
        foreach (var (result, i) in ((string[])["plain.logits", "logits", "both.logits", "long.logits"]).Select(static (result, i) => (result, i)))
            recorded.Close($"{name}.{result}", logits[i]);
        Assert.Equal(ids.Length + longRows, recorded.Loop.Snapshot().Nodes.Max(static node => node.FirstPosition + node.Tokens.Count));
    }

    private static PrefixPart.Content State(RecordedMethod recorded, string z, string k)
    {
        var (data, site) = (new StateData(recorded.Model.CacheSites), recorded.Model.CacheSites[0]);
        var (zs, ks) = (recorded.Expected.ReadFloats(z), recorded.Expected.ReadFloats(k));
        for (var layer = 0; layer < site.Layers; layer++)
        {
            for (var head = 0; head < site.QueryHeads; head++)
            {
                var at = (layer * site.QueryHeads) + head;
                zs.AsSpan(at * site.KeySize * site.ValueSize, site.KeySize * site.ValueSize).CopyTo(data.Z(0, layer, head));
                ks.AsSpan(at * site.KeySize, site.KeySize).CopyTo(data.K(0, layer, head));
            }
        }

        return new PrefixPart.Content(data, HasPositions: false);
    }

    private static PrefixPart.Content Rows(RecordedMethod recorded, string keys, string values)
    {
        var (site, count) = (recorded.Model.CacheSites[0], (int)recorded.Shape(keys)[2]);
        var data = new RowData(recorded.Model.CacheSites, count);
        var (ks, vs) = (recorded.Expected.ReadFloats(keys), recorded.Expected.ReadFloats(values));
        for (var layer = 0; layer < site.Layers; layer++)
        {
            for (var head = 0; head < site.KvHeads; head++)
            {
                for (var row = 0; row < count; row++)
                {
                    var at = (((layer * site.KvHeads) + head) * count) + row;
                    ks.AsSpan(at * site.KeySize, site.KeySize).CopyTo(data.Key(0, layer, head, row));
                    vs.AsSpan(at * site.ValueSize, site.ValueSize).CopyTo(data.Value(0, layer, head, row));
                }
            }
        }

        return new PrefixPart.Content(data, HasPositions: true);
    }

    // The task prefix, and a value of an attribute for each label.
    private static Prefix ControlPrefix(RecordedMethod recorded, Func<string, float[]> numbers)
    {
        PrefixPart[] Parts(float[] table, int first, int count)
        {
            var width = 2 * recorded.Model.CacheSites.Sum(static site => site.Layers * site.KvHeads * site.KeySize);
            return [new PrefixPart.Content(
                PeftLayout.Read(table.AsSpan(first * width, count * width), count, recorded.Model.CacheSites), HasPositions: true)];
        }

        var shapes = recorded.Case.GetProperty("shapes");
        var task = numbers("task");
        return new Prefix
        {
            Name = "control",
            Method = "control-prefixes",
            Parts = Parts(task, 0, shapes.GetProperty("task_prefix_length").GetInt32()),
            Attributes = [.. shapes.GetProperty("attributes").EnumerateArray().Select(attribute =>
            {
                var (table, length) = (numbers(attribute.GetProperty("name").GetString()!), attribute.GetProperty("length").GetInt32());
                var labels = Enumerable.Range(0, attribute.GetProperty("labels").GetInt32());
                return new PrefixAttribute(attribute.GetProperty("name").GetString()!, [.. labels
                    .Select(label => new PrefixAttributeValue($"{label}", Parts(table, label * length, length)))]);
            })],
        };
    }

    // W2 tanh(W1 e + b1) + b2 of each row of a table.
    private static float[] Mlp(RecordedMethod recorded, string table, string w1, string b1, string w2, string b2)
    {
        var (e, hidden) = (recorded.Expected.ReadFloats(table), (int)recorded.Shape(b1)[0]);
        var (width, outputs) = ((int)recorded.Shape(w1)[1], (int)recorded.Shape(b2)[0]);
        float[] first = recorded.Expected.ReadFloats(w1), firstBias = recorded.Expected.ReadFloats(b1);
        float[] second = recorded.Expected.ReadFloats(w2), secondBias = recorded.Expected.ReadFloats(b2);
        var result = new float[e.Length / width * outputs];
        for (var row = 0; row < e.Length / width; row++)
        {
            double[] inner = [.. Enumerable.Range(0, hidden).Select(h =>
                Math.Tanh(Enumerable.Range(0, width).Sum(i => (double)first[(h * width) + i] * e[(row * width) + i]) + firstBias[h]))];
            for (var o = 0; o < outputs; o++)
                result[(row * outputs) + o] = (float)(Enumerable.Range(0, hidden).Sum(h => second[(o * hidden) + h] * inner[h]) + secondBias[o]);
        }

        return result;
    }

    private static void CompareBatch(RecordedMethod recorded, string group, string name, PrefixUse prefix)
    {
        var (ids, longest) = (recorded.Ids($"{group}.ids"), (int)recorded.Shape($"{group}.ids")[1]);
        var logits = recorded.Logits([.. ids.Chunk(longest).Select(row => (row, (PrefixUse[])[prefix]))]);
        CompareRows(recorded, name, logits, recorded.Ids($"{group}.length"));
    }

    // Entries beyond a row's length are of padding.
    private static void CompareRows(RecordedMethod recorded, string name, IReadOnlyList<float[]> logits, int[] lengths)
    {
        var (shape, expected) = (recorded.Shape(name), recorded.Expected.ReadFloats(name));
        for (var row = 0; row < logits.Count; row++)
        {
            var (stride, count) = ((int)(shape[1] * shape[2]), lengths[row] * (int)shape[2]);
            recorded.Close(name, logits[row].AsSpan(0, count), expected.AsSpan(row * stride, count));
        }
    }

    private static TheoryData<string> Folders(string method) => [.. Fixtures.FoldersWith(method, "case.json", "expected.safetensors")];

    private static void In(string folder, Action<RecordedMethod> compare)
    {
        using var recorded = new RecordedMethod(folder);
        compare(recorded);
    }
}
