using System.Globalization;
using System.Text.RegularExpressions;

namespace Cambium.Checkpoints;

/// <summary>
/// A GGUF model in one file, or in the pieces of <c>llama-gguf-split</c>: <c>name-00001-of-00003.gguf</c> has the metadata, and each piece has some
/// of the tensors.
/// </summary>
internal sealed partial class GgufPieces : IDisposable
{
    private const int MaxPieces = 99_999;

    private readonly Dictionary<string, GgufFile> _fileOf = new(StringComparer.Ordinal);

    private GgufPieces(IReadOnlyList<GgufFile> files)
    {
        Files = files;
        foreach (var file in files)
        {
            foreach (var tensor in file.Tensors)
            {
                if (!_fileOf.TryAdd(tensor.Name, file))
                {
                    throw new CheckpointException(
                        file.Path, $"tensor '{tensor.Name}'", $"is also in '{_fileOf[tensor.Name].Path}', expected in one piece",
                            "Split the model again.");
                }
            }
        }

        Tensors = [.. files.SelectMany(static file => file.Tensors)];
    }

    public IReadOnlyList<GgufFile> Files { get; }

    /// <summary>The file, or the first piece.</summary>
    public string Path => Files[0].Path;

    public GgufMetadata Metadata => Files[0].Metadata;

    /// <summary>The tensors of all pieces.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <exception cref="CheckpointException">A file cannot be read or is not valid, or a piece is missing.</exception>
    public static GgufPieces Open(string path, CancellationToken cancellation = default)
    {
        var files = new List<GgufFile>();
        try
        {
            files.Add(GgufFile.Open(path, cancellation));
            var count = files[0].Metadata.Int("split.count", 1);
            if (count is < 0 or > MaxPieces)
                throw new CheckpointException(path, "metadata 'split.count'", $"is {count}, expected at most {MaxPieces}", "Split the model again.");
            for (var number = 2; number <= count; number++)
                files.Add(OpenPiece(path, files[0].Metadata.Int("split.no", 0), number, count, cancellation));
            return new GgufPieces(files);
        }
        catch
        {
            files.ForEach(static file => file.Dispose());
            throw;
        }
    }

    public GgufFile FileOf(TensorInfo tensor) => _fileOf[tensor.Name];

    public void Dispose()
    {
        foreach (var file in Files)
            file.Dispose();
    }

    // The number of a piece in its metadata counts from 0, the one in its name from 1.
    private static GgufFile OpenPiece(string first, int index, int number, int count, CancellationToken cancellation)
    {
        var name = System.IO.Path.GetFileName(first);
        var match = PieceName().Match(name);
        var stem = match.Success ? match.Groups[1].Value : System.IO.Path.GetFileNameWithoutExtension(name);
        if (index != 0 || name != NameOf(stem, 1, count))
        {
            throw new CheckpointException(
                first, "metadata 'split.count'",
                $"is {count}, and the file is piece {index + 1} of them with the name '{name}', expected '{NameOf(stem, 1, count)}'",
                "Give the first piece, with its original name and the other pieces in the same folder.");
        }

        var path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(first) ?? "", NameOf(stem, number, count));
        if (!File.Exists(path))
        {
            throw new CheckpointException(
                path, null, $"is missing: it is piece {number} of {count} of the model that begins with '{name}'", "Fetch it into the same folder.");
        }

        var file = GgufFile.Open(path, cancellation);
        if (file.Metadata.Int("split.no", -1) == number - 1 && file.Metadata.Int("split.count", -1) == count)
            return file;
        using (file)
        {
            throw new CheckpointException(
                path, "metadata 'split.no'",
                $"is {file.Metadata.Int("split.no", -1)} of {file.Metadata.Int("split.count", -1)}, expected {number - 1} of {count}",
                "Piece and first piece belong to different models; fetch both again.");
        }
    }

    private static string NameOf(string stem, int number, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{stem}-{number:D5}-of-{count:D5}.gguf");

    [GeneratedRegex(@"^(.*)-[0-9]{5}-of-[0-9]{5}\.gguf$", RegexOptions.CultureInvariant)]
    private static partial Regex PieceName();
}
