using Cambium.Checkpoints;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;
using static Cambium.TestKit.SafetensorsBuilder;

namespace Cambium.Runtime.Tests.Checkpoints;

public sealed unsafe class CheckpointReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_larger_than_memory_are_refused_before_reading()
    {
        CheckpointReader.RequireMemory("folder", 1L << 30, 0, 1L << 32);
        var e = Assert.Throws<InsufficientMemoryException>(static () => CheckpointReader.RequireMemory("folder", (1L << 30) + 1, 0, 1L << 32));
        Assert.StartsWith("folder: the weights need 4.00 GiB in f32 and 4.00 GiB are available.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantized_weights_need_less_memory_and_change_the_fingerprint()
    {
        CheckpointReader.RequireMemory("folder", 3L << 30, 0, 1L << 32, WeightStorage.Int8);
        Assert.Contains("in int8",
            Assert.Throws<InsufficientMemoryException>(static () =>
                CheckpointReader.RequireMemory("folder", 1L << 32, 0, 1L << 32, WeightStorage.Int8)).Message, StringComparison.Ordinal);
        _folder.Write("config.json", "{}");
        SaveSingle(static writer => writer.Add("w", [2, 32], [.. Enumerable.Range(0, 64).Select(static i => i == 40 ? float.NaN : i)]));
        var names = new HashSet<string>();
        foreach (var storage in (WeightStorage[])[WeightStorage.F32, WeightStorage.BF16, WeightStorage.Int8, WeightStorage.Int4])
        {
            using CheckpointReader reader = CheckpointReader.Open(_folder.Path, new LoadOptions { Storage = storage });
            using var product = new PackedWeights(storage, 32, new WeightSegment(2, 0, 1));
            if (storage is WeightStorage.F32 or WeightStorage.BF16)
                product.Read(reader, "w", [2, 32], 0, 0);
            else
            {
                SafetensorsFileTests.Mentions(
                    Assert.Throws<CheckpointException>(() => product.Read(reader, "w", [2, 32], 0, 0)), "'w'", "NaN", "finite");
            }

            // Cached keys and values are not shared between storage types.
            Assert.True(names.Add(reader.Finish().Fingerprint));
        }
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(700, 129)]
    [InlineData(2, 70_000)]
    [InlineData(1, 1)]
    public void Slices_of_rows_make_up_the_whole_matrix(int rows, int columns)
    {
        float[] values = [.. Enumerable.Range(0, rows * columns).Select(static i => i * 0.5f)];
        SaveSingle(writer => writer.Add("w", [rows, columns], values));
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
        float[] whole = new float[values.Length];
        int next = 0;
        reader.Read("w", [rows, columns], (slice, first) =>
        {
            Assert.Equal(next, first);
            Assert.Equal(0, slice.Length % columns);
            slice.CopyTo(whole.AsSpan(first * columns));
            next += slice.Length / columns;
        });
        Assert.Equal(values, whole);
        fixed (float* destination = whole)
        {
            whole.AsSpan().Clear();
            reader.Read("w", [rows, columns], new Span<float>(destination, whole.Length));
        }

        Assert.Equal(values, whole);
        Assert.Equal(4L * rows * columns, reader.TensorBytes);
    }

    [Fact]
    public void Packed_weights_get_every_row()
    {
        float[] values = [.. Enumerable.Range(0, 37 * 11).Select(static i => (float)i)];
        SaveSingle(writer => writer.Add("w", [37, 11], values));
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
        using var product = new PackedWeights(WeightStorage.F32, 11, new WeightSegment(37, 0, 1));
        product.Read(reader, "w", [37, 11], 0, 0);
        float[] row = new float[11];
        for (int i = 0; i < 37; i++)
        {
            fixed (float* destination = row)
                product.CopyRow(0, 0, i, destination);
            Assert.Equal(values[(i * 11)..((i + 1) * 11)], row);
        }
    }

    [Fact]
    public void Progress_counts_up_to_all_bytes()
    {
        SaveSingle(static writer => writer.Add("a", [300, 700], new float[210_000]).Add("b", [5], new float[5]).Add("unused", [3], new float[3]));
        var reports = new List<LoadProgress>();
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path, new LoadOptions { Progress = new Immediate(reports.Add) });
        reader.Read("a", [300, 700], static (_, _) => { });
        float* five = stackalloc float[5];
        reader.Read("b", [5], new Span<float>(five, 5));
        reader.Finish();
        Assert.True(reports.Count > 3);
        Assert.Equal(reports.OrderBy(static report => report.BytesDone), reports);
        Assert.Equal(new LoadProgress("b", 840_020, 840_032), reports[^2]);
        Assert.Equal(new LoadProgress("", 840_032, 840_032), reports[^1]);
    }

    [Fact]
    public void Cancelling_stops_between_two_slices()
    {
        SaveSingle(static writer => writer.Add("a", [300, 700], new float[210_000]));
        using var cancel = new CancellationTokenSource();
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path, new LoadOptions { Cancellation = cancel.Token });
        int slices = 0;
        Assert.Throws<OperationCanceledException>(() => reader.Read("a", [300, 700], (_, _) =>
        {
            slices++;
            cancel.Cancel();
        }));
        Assert.Equal(1, slices);
        Assert.Throws<OperationCanceledException>(() => CheckpointReader.Open(_folder.Path, new LoadOptions { Cancellation = cancel.Token }));
    }

    [Fact]
    public void A_missing_tensor_names_the_file_and_the_closest_tensor()
    {
        SaveSingle(static writer => writer.Add("model.norm.weight", [1], new float[1]));
        Refused(
            static reader => reader.Read("model.norms.weight", [1], Span<float>.Empty),
            "model.safetensors",
            "'model.norms.weight'",
            "'model.norm.weight'");
    }

    [Fact]
    public void A_wrong_shape_names_both_shapes()
    {
        SaveSingle(static writer => writer.Add("w", [2, 3], new float[6]));
        Refused(static reader => reader.Read("w", [3, 2], Span<float>.Empty), "model.safetensors", "'w'", "[2, 3]", "[3, 2]", "config.json");
        Refused(static reader => reader.Read("w", [6], Span<float>.Empty), "[2, 3]", "[6]");
    }

    [Fact]
    public void A_wrong_dtype_names_both_types()
    {
        SaveSingle(static writer => writer.Add("w", [2], new long[2]));
        Refused(static reader => reader.Read("w", [2], Span<float>.Empty), "model.safetensors", "'w'", "I64", "F32, F16 or BF16");
    }

    [Fact]
    public void All_mismatches_are_in_one_message()
    {
        SaveSingle(static writer =>
            writer.Add("b.wieght", [2], new float[2]).Add("c", [2, 3], new float[6]).Add("d", [2], new long[2]).Add("e", [1], new float[1])
                .Add("inv_freq", [1], new float[1]));
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
        reader.Expect("zzz", [4, 5]);
        reader.Expect("e", [1]);
        reader.Expect("d", [2]);
        reader.Expect("c", [3, 2]);
        reader.Expect("b.weight", [2]);
        string message = Assert.Throws<CheckpointException>(reader.RequireExpected).Message;
        const string Names = "or the names of the class are not the checkpoint's.";
        Assert.Equal(
            $"""
            {_folder.Path}: does not fit the class: 2 missing, 1 of another shape, 1 of a type that cannot be read, 2 not read by the class.
            Missing:
              b.weight [2], nearest 'b.wieght'
              zzz [4, 5]
            Of another shape:
              c has the shape [2, 3], expected [3, 2]
            Of a type that cannot be read:
              d is stored as I64, expected F32, F16 or BF16
            Not read by the class (not an error):
              b.wieght
              inv_freq
            The sizes come from {reader.Config.File}; weights and configuration belong to different models, {Names}
            """.ReplaceLineEndings("\n"),
            message);
    }

    [Fact]
    public void A_long_list_of_mismatches_is_cut_and_counted()
    {
        SaveSingle(static writer => writer.Add("x", [1], new float[1]));
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
        for (int i = 0; i < 23; i++)
            reader.Expect($"layer.{i:00}", [1]);
        string message = Assert.Throws<CheckpointException>(reader.RequireExpected).Message;
        Assert.Contains("23 missing", message, StringComparison.Ordinal);
        Assert.Contains("\n  layer.19 [1]\n  .. and 3 more\n", message, StringComparison.Ordinal);
        Assert.DoesNotContain("layer.20", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unread_tensors_are_listed_without_an_error()
    {
        SaveSingle(static writer => writer.Add("z", [1], new float[1]).Add("a", [1], new float[1]).Add("m", [1], new float[1]));
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
        reader.Expect("m", [1]);
        reader.RequireExpected();
        Assert.Equal(["a", "z"], reader.Finish().UnreadTensors);
    }

    [Fact]
    public void A_path_that_is_not_a_checkpoint_is_refused()
    {
        SafetensorsFileTests.Mentions(
            Assert.Throws<CheckpointException>(() => CheckpointReader.Open("/no/such/folder")), "/no/such/folder", "does not exist");
        string file = _folder.Write("file", "");
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => CheckpointReader.Open(file)), file, "is not a GGUF file");
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => CheckpointReader.Open(_folder.Path)), "config.json");
        _folder.Write("config.json", "{}");
        SafetensorsFileTests.Mentions(
            Assert.Throws<CheckpointException>(() => CheckpointReader.Open(_folder.Path)), _folder.Path, "model.safetensors", "index");
    }

    [Fact]
    public void Shards_are_one_set_of_tensors()
    {
        SaveShards("""{ "weight_map": { "a": "one.safetensors", "b": "two.safetensors" } }""");
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
        Assert.True(reader.Has("a") && reader.Has("b") && !reader.Has("c"));
        float b;
        reader.Read("b", [1], new Span<float>(&b, 1));
        Assert.Equal(2, b);
    }

    [Theory]
    [InlineData("../outside.safetensors")]
    [InlineData("sub/../../outside.safetensors")]
    [InlineData("..\\\\outside.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("C:/outside.safetensors")]
    [InlineData("")]
    [InlineData(".")]
    public void An_index_that_leads_out_of_the_folder_is_refused(string name)
    {
        SaveShards($$"""{ "weight_map": { "a": "{{name}}" } }""");
        RefusedAtOpen("model.safetensors.index.json", "'a'", name.Replace("\\\\", "\\"), _folder.Path);
    }

    [Fact]
    public void A_shard_that_is_a_link_out_of_the_folder_is_refused()
    {
        SaveShards("""{ "weight_map": { "a": "link.safetensors" } }""");
        using var elsewhere = new TemporaryFolder();
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "link.safetensors"), elsewhere.Write("real.safetensors", One("a")));
        RefusedAtOpen("link.safetensors", "real.safetensors", _folder.Path);
    }

    [Fact]
    public void A_shard_in_a_linked_folder_is_refused()
    {
        SaveShards("""{ "weight_map": { "a": "sub/real.safetensors" } }""");
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("real.safetensors", One("a"));
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "sub"), elsewhere.Path);
        RefusedAtOpen("real.safetensors", elsewhere.Path, _folder.Path);
    }

    [Fact]
    public void Links_into_the_folder_or_into_hub_blobs_are_followed()
    {
        string snapshot = Path.Combine(_folder.Path, "snapshots", "0123");
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "blobs"));
        File.WriteAllBytes(Path.Combine(_folder.Path, "blobs", "abcd"), One("a"));
        File.WriteAllText(Path.Combine(snapshot, "config.json"), "{}");
        File.WriteAllText(Path.Combine(snapshot, "model.safetensors.index.json"), """{ "weight_map": { "a": "one.safetensors" } }""");
        File.CreateSymbolicLink(Path.Combine(snapshot, "one.safetensors"), "../../blobs/abcd");
        using CheckpointReader reader = CheckpointReader.Open(snapshot);
        Assert.True(reader.Has("a"));
    }

    [Fact]
    public void A_missing_shard_is_refused_by_name()
    {
        SaveShards("""{ "weight_map": { "a": "three.safetensors" } }""");
        RefusedAtOpen("three.safetensors", "'a'", "is missing");
    }

    [Fact]
    public void A_shard_without_an_indexed_tensor_is_refused()
    {
        SaveShards("""{ "weight_map": { "b": "one.safetensors" } }""");
        RefusedAtOpen("one.safetensors", "'b'", "is missing");
    }

    [Theory]
    [InlineData("{}", "weight_map")]
    [InlineData("""{ "weight_map": { "a": 3 } }""", "'a'")]
    [InlineData("""{ "weight_map": { "a": "one.safetensors", "a": "one.safetensors" } }""", "2 times")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{ "weight_map": { "\ud800": "one.safetensors" } }""", "not valid JSON")]
    public void A_damaged_index_is_refused(string index, string part)
    {
        SaveShards(index);
        RefusedAtOpen("model.safetensors.index.json", part);
    }

    [Fact]
    public void The_fingerprint_covers_content_but_not_shards()
    {
        string Print(string config, Action<SafetensorsWriter> add)
        {
            SaveSingle(add);
            _folder.Write("config.json", config);
            using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
            return reader.Finish().Fingerprint;
        }

        static void Both(SafetensorsWriter writer) => writer.Add("a", [1], new float[] { 1 }).Add("b", [1], new float[] { 2 });
        string first = Print("{}", Both);
        Assert.Equal(64, first.Length);
        Assert.Equal(first, Print("{}", static writer => writer.Add("b", [1], new float[] { 2 }).Add("a", [1], new float[] { 1 })));
        string[] others =
        [
            Print("{ }", Both),
            Print("{}", static writer => writer.Add("a", [1], new float[] { 1 }).Add("c", [1], new float[] { 2 })),
            Print("{}", static writer => writer.Add("a", [1], new float[] { 1 }).Add("b", [1, 1], new float[] { 2 })),
            Print("{}", static writer => writer.Add("a", [1], new float[] { 1 }).Add("b", [1], new float[] { 3 })),
        ];
        Assert.Equal(5, others.Append(first).Distinct().Count());

        File.Delete(Path.Combine(_folder.Path, "model.safetensors"));
        SaveShards("""{ "weight_map": { "a": "one.safetensors", "b": "two.safetensors" } }""");
        using CheckpointReader sharded = CheckpointReader.Open(_folder.Path);
        Assert.Equal(first, sharded.Finish().Fingerprint);
    }

    [Fact]
    public void The_fingerprint_covers_small_checkpoints_and_samples_both_ends_of_large_tensors()
    {
        string Print(int rows, int changed)
        {
            float[] values = new float[rows * 1000];
            values[changed] = 1;
            SaveSingle(writer => writer.Add("w", [rows, 1000], values));
            using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
            return reader.Finish().Fingerprint;
        }

        Assert.Equal(3, new[] { Print(4000, 0), Print(4000, 1_234_567), Print(4000, 3_999_999) }.Distinct().Count());
        Assert.Equal(2, new[] { Print(5000, 0), Print(5000, 4_999_999) }.Distinct().Count());
    }

    [Fact]
    public void A_loaded_checkpoint_has_EOS_tokens_and_no_tokenizer()
    {
        SaveSingle(static writer => writer.Add("a", [1], new float[1]));
        _folder.Write("config.json", """{ "eos_token_id": 5, "bos_token_id": 1, "architectures": ["X"] }""");
        using (CheckpointReader reader = CheckpointReader.Open(_folder.Path))
        {
            LoadedCheckpoint loaded = reader.Finish();
            Assert.Equal([5], loaded.Generation.EosTokens);
            Assert.Equal(1, loaded.Generation.BosToken);
            Assert.Null(loaded.Tokenizer);
            Assert.Equal(["X"], loaded.Config.Architectures);
        }

        _folder.Write("generation_config.json", """{ "eos_token_id": [7, 8], "bos_token_id": null }""");
        _folder.Write("tokenizer.json", "{}");
        using CheckpointReader again = CheckpointReader.Open(_folder.Path);
        LoadedCheckpoint other = again.Finish();
        Assert.Equal([7, 8], other.Generation.EosTokens);
        Assert.Equal(1, other.Generation.BosToken);
        Assert.Contains("tokenizer.json", Assert.Throws<CheckpointException>(() => other.Tokenizer).Message);
    }

    [Fact]
    public void Files_of_a_read_checkpoint_can_be_deleted()
    {
        SaveSingle(static writer => writer.Add("a", [1], new float[1]));
        CheckpointReader.Open(_folder.Path).Finish();
        File.Delete(Path.Combine(_folder.Path, "model.safetensors"));
    }

    [Fact]
    public void A_recorded_checkpoint_in_four_shards_of_bf16_is_read()
    {
        var folder = Fixtures.InRepository("llama-bf16-sharded");
        using CheckpointReader reader = CheckpointReader.Open(folder);
        Assert.Equal(172_672, reader.TensorBytes);
        Assert.Equal(21, reader.TensorNames.Count());
        float sum = 0;
        reader.Read("lm_head.weight", [128, 64], (rows, _) => sum += rows.ToArray().Sum(Math.Abs));
        Assert.True(sum > 1 && float.IsFinite(sum));
    }

    private static byte[] One(string name) => Whole($"{{{Entry(name, "F32", "[1]", 0, 4)}}}", 4);

    private void SaveSingle(Action<SafetensorsWriter> add)
    {
        _folder.Write("config.json", "{}");
        var writer = new SafetensorsWriter();
        add(writer);
        writer.Save(Path.Combine(_folder.Path, "model.safetensors"));
    }

    private void SaveShards(string index)
    {
        _folder.Write("config.json", "{}");
        _folder.Write("model.safetensors.index.json", index);
        new SafetensorsWriter().Add("a", [1], new float[] { 1 }).Save(Path.Combine(_folder.Path, "one.safetensors"));
        new SafetensorsWriter().Add("b", [1], new float[] { 2 }).Save(Path.Combine(_folder.Path, "two.safetensors"));
    }

    private void Refused(Action<CheckpointReader> read, params string[] parts)
    {
        using CheckpointReader reader = CheckpointReader.Open(_folder.Path);
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => read(reader)), parts);
    }

    private void RefusedAtOpen(params string[] parts) =>
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => CheckpointReader.Open(_folder.Path)), parts);

    /// <summary>Unlike <see cref="Progress{T}"/>, on the caller's thread.</summary>
    private sealed class Immediate(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
