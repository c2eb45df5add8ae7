using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Checkpoints;

public sealed class SafetensorsOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_can_be_written_in_any_order()
    {
        using (var output = Begin())
        {
            output.Write(1, 0, MemoryMarshal.AsBytes<long>([7, 8]));
            output.Write(0, 3, MemoryMarshal.AsBytes<float>([4, 5, 6]));
            output.Write(0, 0, MemoryMarshal.AsBytes<float>([1, 2, 3]));
            Assert.False(File.Exists(Target));
            output.Complete();
        }

        using var file = SafetensorsFile.Open(Target);
        Assert.Equal([2, 3], file.Require("rows").Shape);
        Assert.Equal([1f, 2, 3, 4, 5, 6], file.ReadFloats("rows"));
        Assert.Equal([7L, 8], file.ReadIntegers("ids"));
        Assert.Equal([Target], Files);
    }

    [Fact]
    public void The_old_file_stays_until_the_new_one_is_complete()
    {
        File.WriteAllText(Target, "old");
        using (var output = Begin())
            output.Write(1, 0, MemoryMarshal.AsBytes<long>([7, 8]));
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal([Target], Files);
    }

    [Fact]
    public void Writes_outside_of_a_tensor_are_refused()
    {
        using var output = Begin();
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => output.Write(0, 4, MemoryMarshal.AsBytes<float>([1, 2, 3])));
        Assert.Contains("Tensor 'rows' has 24 bytes, and bytes 16 to 28 would be written.", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => output.Write(0, -1, MemoryMarshal.AsBytes<float>([1])));
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(
            () => SafetensorsOutput.Create(Target, [new("a", ElementType.F32, [1]), new("a", ElementType.I64, [1])]));
        Assert.Contains("'a' appears 2 times", error.Message, StringComparison.Ordinal);
        Assert.Empty(Files);
    }

    private string Target => Path.Combine(_folder.Path, "out.safetensors");

    private string[] Files => Directory.GetFiles(_folder.Path);

    private SafetensorsOutput Begin() => SafetensorsOutput.Create(Target, [new("rows", ElementType.F32, [2, 3]), new("ids", ElementType.I64, [2])]);
}
