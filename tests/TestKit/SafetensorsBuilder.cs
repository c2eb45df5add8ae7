using System.Buffers.Binary;
using System.Text;

namespace Cambium.TestKit;

/// <summary>Builds safetensors files from parts, including files that violate the format.</summary>
public static class SafetensorsBuilder
{
    /// <summary>A file: the header's length (or <paramref name="length"/> instead), the header, and data bytes 0, 1, 2, ...</summary>
    public static byte[] Whole(string header, int dataBytes, ulong? length = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length ?? (ulong)json.Length);
        json.CopyTo(file, 8);
        for (int i = 0; i < dataBytes; i++)
            file[8 + json.Length + i] = (byte)i;
        return file;
    }

    /// <summary>One entry of a header.</summary>
    public static string Entry(string name, string dtype, string shape, long begin, long end) =>
        $$"""{{'"'}}{{name}}": { "dtype": "{{dtype}}", "shape": {{shape}}, "data_offsets": [{{begin}}, {{end}}] }""";
}
