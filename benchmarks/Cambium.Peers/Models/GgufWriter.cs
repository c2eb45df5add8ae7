using System.Text;

namespace Cambium.Benchmarks;

/// <summary>
/// Writes a GGUF file of version 3 with f32 tensors. Values are produced while they are written, so memory does not grow with the file.
/// </summary>
internal sealed class GgufWriter
{
    private const int Alignment = 32;

    private readonly List<(string Key, Action<BinaryWriter> Write)> _metadata = [];
    private readonly List<(string Name, int Rows, int Columns, Action<Span<float>, int> Fill)> _tensors = [];

    public void Add(string key, string value) => Add(key, 8, writer => Text(writer, value));

    public void Add(string key, int value) => Add(key, 4, writer => writer.Write(value));

    public void Add(string key, float value) => Add(key, 6, writer => writer.Write(value));

    public void Add(string key, bool value) => Add(key, 7, writer => writer.Write(value));

    public void Add(string key, IReadOnlyList<string> values) => AddList(key, 8, values, Text);

    public void Add(string key, IReadOnlyList<float> values) => AddList(key, 6, values, static (writer, value) => writer.Write(value));

    public void Add(string key, IReadOnlyList<int> values) => AddList(key, 5, values, static (writer, value) => writer.Write(value));

    /// <summary>Adds a matrix [rows, columns], or a vector if there is one row.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="fill">Fills a row, given its index. Rows come in order.</param>
    public void AddTensor(string name, int rows, int columns, Action<Span<float>, int> fill) => _tensors.Add((name, rows, columns, fill));

    /// <param name="path">The file.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    public void Save(string path, CancellationToken cancellation)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((long)_tensors.Count);
        writer.Write((long)_metadata.Count);
        foreach (var (key, write) in _metadata)
        {
            Text(writer, key);
            write(writer);
        }

        var offset = 0L;
        foreach (var (name, rows, columns, _) in _tensors)
        {
            Text(writer, name);
            // Extents are stored innermost first.
            writer.Write(rows == 1 ? 1 : 2);
            writer.Write((long)columns);
            if (rows > 1)
                writer.Write((long)rows);
            writer.Write(0);
            writer.Write(offset);
            offset += Padded((long)rows * columns * sizeof(float));
        }

        foreach (var (_, rows, columns, fill) in _tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            while (stream.Position % Alignment != 0)
                writer.Write((byte)0);
            var row = new float[columns];
            for (var i = 0; i < rows; i++)
            {
                fill(row, i);
                writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(row));
            }
        }
    }

    private static long Padded(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Text(BinaryWriter writer, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private void Add(string key, int type, Action<BinaryWriter> value) => _metadata.Add((key, writer =>
    {
        writer.Write(type);
        value(writer);
    }));

    private void AddList<T>(string key, int type, IReadOnlyList<T> values, Action<BinaryWriter, T> write) => Add(key, 9, writer =>
    {
        writer.Write(type);
        writer.Write((long)values.Count);
        foreach (var value in values)
            write(writer, value);
    });
}
