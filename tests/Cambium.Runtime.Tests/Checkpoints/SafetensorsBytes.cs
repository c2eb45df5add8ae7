using System.Buffers.Binary;
using System.Text;

namespace Cambium.Runtime.Tests.Checkpoints;

/// <summary>Writes safetensors files by hand, also ones that contradict the format.</summary>
internal static class SafetensorsBytes
{
    /// <summary>Length, header, and so many bytes of data that count upwards.</summary>
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
