using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>Converts the tokenizer in a GGUF file's metadata to the <c>tokenizer.json</c> that the same model has in a Hugging Face folder.</summary>
internal static class GgufTokenizer
{
    /// <summary>Prefix of the tokenizer's metadata keys.</summary>
    private const string Prefix = GgufMetadata.TokenizerPrefix;

    private const string Advice = "Put the model's tokenizer.json to use through its Hugging Face folder, or run the model on token ids.";

    private const int MaxPiece = 512;

    private const int Unknown = 2;
    private const int Control = 3;
    private const int UserDefined = 4;
    private const int Unused = 5;

    /// <returns>
    /// A tokenizer.json in UTF-8, and the merges if they are not in it; null if the file has no tokenizer. SentencePiece's merges are computed as
    /// ids, and spelling them would take longer than all the rest.
    /// </returns>
    /// <exception cref="CheckpointException">It is of a kind that is not supported, or contradicts itself.</exception>
    public static (ReadOnlyMemory<byte> Json, IReadOnlyList<MergeIds>? Merges)? Read(GgufFile file)
    {
        var metadata = file.Metadata;
        var model = metadata.Text(Prefix + "model");
        if (model is null or "none" or "no_vocab")
            return null;
        if (model is not ("gpt2" or "llama"))
        {
            throw new CheckpointException(
                file.Path, $"metadata '{Prefix}model'", $"is '{model}', which is not supported; supported are gpt2 and llama", Advice);
        }

        var tokens = metadata.Texts(Prefix + "tokens") ?? throw metadata.Error(Prefix + "tokens", "a list of strings");
        var types = metadata.Integers(Prefix + "token_type") ?? new long[tokens.Length];
        if (types.Length != tokens.Length)
            throw metadata.Error(Prefix + "token_type", $"{tokens.Length} numbers, one for each token");
        return model == "gpt2" ? (BytePairs(file, tokens, types), null) : Pieces(file, tokens, types);
    }

    // Byte-level BPE, as in GPT-2.
    private static ReadOnlyMemory<byte> BytePairs(GgufFile file, string[] tokens, long[] types)
    {
        var metadata = file.Metadata;
        // Converters wrote no name before llama.cpp knew more than one pre-tokenizer. It reads such a file as 'default'.
        var name = metadata.Text(Prefix + "pre") is { Length: > 0 } given ? given : PreTokenizerPresets.Default;
        if (PreTokenizerPresets.Find(name) is not { } preset)
        {
            throw new CheckpointException(
                file.Path, $"metadata '{Prefix}pre'",
                $"is '{name}', which is not supported; supported are {string.Join(", ", PreTokenizerPresets.Names)}", Advice);
        }

        var pieces = new JsonArray();
        foreach (var pattern in preset.Patterns)
        {
            pieces.Add((JsonNode)new JsonObject { ["type"] =
                "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false });
        }

        pieces.Add((JsonNode)new JsonObject
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = metadata.Bool(Prefix + "add_space_prefix", false),
            ["trim_offsets"] = true,
            ["use_regex"] = preset.EndsWithGpt2,
        });
        var merges = metadata.Texts(Prefix + "merges") ?? throw metadata.Error(Prefix + "merges", "a list of strings");
        var json = new JsonObject
        {
            ["added_tokens"] = Added(tokens, types),
            ["normalizer"] = preset.IsComposed ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = pieces },
            ["post_processor"] = Template(metadata, tokens, preset.BeginsText),
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["ignore_merges"] = preset.TakesWholePieces,
            },
        };
        return Write(json, tokens, types, merges);
    }

    // SentencePiece's BPE: the file has scores of pieces, and the merges follow from them.
    private static (ReadOnlyMemory<byte> Json, IReadOnlyList<MergeIds> Merges) Pieces(GgufFile file, string[] tokens, long[] types)
    {
        var metadata = file.Metadata;
        var scores = metadata.Doubles(Prefix + "scores") ?? throw metadata.Error(Prefix + "scores", "a list of numbers");
        if (scores.Length != tokens.Length)
            throw metadata.Error(Prefix + "scores", $"{tokens.Length} numbers, one for each token");
        if (metadata.Bool(Prefix + "remove_extra_whitespaces", false) || metadata.Has(Prefix + "precompiled_charsmap"))
        {
            throw new CheckpointException(
                file.Path,
                $"metadata '{Prefix}{(metadata.Has(Prefix + "precompiled_charsmap") ? "precompiled_charsmap" : "remove_extra_whitespaces")}'",
                "changes texts before they are cut, which is not supported for this kind", Advice);
        }

        var steps = new JsonArray();
        if (metadata.Bool(Prefix + "add_space_prefix", true))
            steps.Add((JsonNode)new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" });
        steps.Add((JsonNode)new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "▁" });
        var decoders = new JsonArray(
            new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "▁" }, ["content"] = " " },
            new JsonObject { ["type"] = "ByteFallback" },
            new JsonObject { ["type"] = "Fuse" });
        if (steps.Count == 2)
            decoders.Add((JsonNode)new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        var unknown = Array.FindIndex(types, static type => type == Unknown);
        var json = new JsonObject
        {
            ["added_tokens"] = Added(tokens, types),
            ["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps },
            ["post_processor"] = Template(metadata, tokens, beginsText: true),
            ["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = decoders },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE", ["unk_token"] = unknown < 0 ? null : tokens[unknown], ["fuse_unk"] = true, ["byte_fallback"] = true,
            },
        };
        return (Write(json, tokens, types, []), Merges(file.Path, tokens, types, scores));
    }

    // Every split of a piece into two others is a merge, in the reference's order: by score, then by the lengths of the parts, longer first.
    private static List<MergeIds> Merges(string path, string[] tokens, long[] types, double[] scores)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Length; id++)
        {
            if (types[id] is not (Unknown or Control or Unused))
                ids.TryAdd(tokens[id], id);
        }

        int[] pieces = [.. ids.Values];
        Array.Sort(pieces, (a, b) => scores[b].CompareTo(scores[a]));
        var (merges, parts) = (new List<(int Piece, int Left, int Right)>(2 * pieces.Length), ids.GetAlternateLookup<ReadOnlySpan<char>>());
        var order = Comparer<(int Piece, int Left, int Right)>.Create((a, b) =>
        {
            var longer = tokens[b.Left].Length.CompareTo(tokens[a.Left].Length);
            longer = longer != 0 ? longer : tokens[b.Right].Length.CompareTo(tokens[a.Right].Length);
            return longer != 0 ? longer : (a.Left, a.Right).CompareTo((b.Left, b.Right));
        });
        // Scores of most files are the ranks of pieces, so that few merges have the same one.
        for (int first = 0, next; first < pieces.Length; first = next)
        {
            var start = merges.Count;
            for (next = first; next < pieces.Length && scores[pieces[next]].Equals(scores[pieces[first]]); next++)
                AddMerges(pieces[next]);
            merges.Sort(start, merges.Count - start, order);
        }

        // A spelling that occurs twice has its first id in the vocabulary for any type.
        var vocabulary = new Dictionary<string, int>(tokens.Length, StringComparer.Ordinal);
        int[] spelled = [.. tokens.Select((token, id) => types[id] == Unused || vocabulary.TryAdd(token, id) ? id : vocabulary[token])];
        return merges.ConvertAll(merge => new MergeIds(spelled[merge.Left], spelled[merge.Right], spelled[merge.Piece]));

        void AddMerges(int piece)
        {
            var token = tokens[piece];
            // No published vocabulary has such pieces; the number of splits would not be bounded.
            if (token.Length > MaxPiece)
            {
                throw new CheckpointException(
                    path, $"metadata '{Prefix}tokens'", $"has a token of {token.Length} characters, expected at most {MaxPiece}",
                    "The file is damaged; fetch it again.");
            }

            for (var cut = 1; cut < token.Length; cut++)
            {
                if (!char.IsLowSurrogate(token[cut]) && parts.TryGetValue(token.AsSpan(0, cut), out var left)
                    && parts.TryGetValue(token.AsSpan(cut), out var right))
                    merges.Add((piece, left, right));
            }
        }
    }

    // Vocabulary and merges are written without nodes, which would take several times as long to make as all the rest.
    private static ReadOnlyMemory<byte> Write(JsonObject json, string[] tokens, long[] types, string[] merges)
    {
        var buffer = new ArrayBufferWriter<byte>(64 * Math.Max(1, tokens.Length));
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in json)
            {
                if (name != "model")
                    WriteProperty(writer, name, value);
            }

            writer.WriteStartObject("model");
            foreach (var (name, value) in json["model"]!.AsObject())
                WriteProperty(writer, name, value);
            writer.WriteStartObject("vocab");
            var written = new HashSet<string>(tokens.Length, StringComparer.Ordinal);
            for (var id = 0; id < tokens.Length; id++)
            {
                if (types[id] != Unused && written.Add(tokens[id]))
                    writer.WriteNumber(tokens[id], id);
            }

            writer.WriteEndObject();
            writer.WriteStartArray("merges");
            foreach (var merge in merges)
                writer.WriteStringValue(merge);
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteProperty(Utf8JsonWriter writer, string name, JsonNode? value)
    {
        writer.WritePropertyName(name);
        if (value is null)
            writer.WriteNullValue();
        else
            value.WriteTo(writer);
    }

    private static JsonArray Added(string[] tokens, long[] types) => new(
        [.. Enumerable.Range(0, tokens.Length).Where(id => types[id] is Unknown or Control or UserDefined && tokens[id].Length > 0)
            .Select(id => new JsonObject
        {
            ["id"] = id, ["content"] = tokens[id], ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false,
            ["special"] = types[id] != UserDefined,
        })]);

    private static JsonObject Template(GgufMetadata metadata, string[] tokens, bool beginsText)
    {
        var (parts, special) = (new JsonArray(), new JsonObject());
        void Add(string key, bool isOn)
        {
            if (!isOn || metadata.Id(Prefix + key) is not { } id)
                return;
            if (id < 0 || id >= tokens.Length)
                throw metadata.Error(Prefix + key, $"a token from 0 to {tokens.Length - 1}");
            parts.Add((JsonNode)new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = tokens[id], ["type_id"] = 0 } });
            special[tokens[id]] = new JsonObject { ["id"] = tokens[id], ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(tokens[id]) };
        }

        Add("bos_token_id", metadata.Bool(Prefix + "add_bos_token", beginsText));
        parts.Add((JsonNode)new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } });
        Add("eos_token_id", metadata.Bool(Prefix + "add_eos_token", false));
        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = parts, ["pair"] = new JsonArray(), ["special_tokens"] = special };
    }
}
