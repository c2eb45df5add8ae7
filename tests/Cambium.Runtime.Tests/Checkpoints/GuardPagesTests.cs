using Cambium.Checkpoints.Memory;
using Cambium.Runtime.Memory;
using Xunit;

namespace Cambium.Runtime.Tests.Checkpoints;

/// <summary>The fuzzer (tests/Cambium.Fuzz) tests in a child process that an access past the end ends the process.</summary>
public sealed unsafe class GuardPagesTests
{
    private static readonly nint Page = Environment.SystemPageSize;

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("0", false)]
    [InlineData("1", true)]
    public void The_variable_turns_them_on(string? value, bool areOn) => Assert.Equal((areOn, null), GuardPages.Choose(value, isLinux: true));

    [Fact]
    public void Another_value_or_system_is_refused()
    {
        Assert.Contains("'yes'; it must be 1 or 0", GuardPages.Choose("yes", isLinux: true).Refusal);
        Assert.Contains("are for Linux", GuardPages.Choose("1", isLinux: false).Refusal);
    }

    [Theory]
    [InlineData(1, 64)]
    [InlineData(64, 64)]
    [InlineData(4100, 64)]
    [InlineData(4096, 1)]
    [InlineData(777, 1)]
    public void A_block_ends_at_a_page_boundary_as_far_as_its_alignment_allows(int bytes, int alignment)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var block = GuardPages.Allocate((nuint)bytes, (nuint)alignment);
        Assert.Equal(0, (nint)block % alignment);
        var padding = (bytes + alignment - 1) / alignment * alignment;
        Assert.Equal(0, ((nint)block + padding) % Page);
        Assert.Equal(-1, new ReadOnlySpan<byte>(block, bytes).IndexOfAnyExcept((byte)0xFF));
        GuardPages.Free(block, (nuint)bytes, (nuint)alignment);
    }

    [Fact]
    public void A_zeroed_buffer_is_zero_with_and_without_guard_pages()
    {
        using var buffer = new NativeBuffer(1000);
        Assert.Equal(-1, new ReadOnlySpan<float>(buffer.Pointer, 1000).IndexOfAnyExcept(0f));
        Assert.Equal(0, (nint)buffer.Pointer % NativeBuffer.Alignment);
    }
}
