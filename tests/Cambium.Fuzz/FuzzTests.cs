using System.Diagnostics;
using Cambium.Fuzz.Kinds;
using Cambium.Fuzz.Running;
using Xunit;

namespace Cambium.Fuzz;

/// <summary>
/// Some cases of each kind. <c>dotnet run -c Release --project tests/Cambium.Fuzz -- --cases 20000 --seed 1</c> runs more, and a case that fails
/// prints the command that replays it.
/// </summary>
public sealed class FuzzTests
{
    private const int CasesPerKind = 40;

    private static readonly Supervisor s_supervisor = new(new Limits(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), 1536L << 20));

    public static TheoryData<string> Kinds => [.. CaseKind.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Mutated_input_is_used_or_refused(string kind)
    {
        var summary = s_supervisor.Run(kind, seed: 1, from: 0, to: CasesPerKind);
        Assert.True(summary.Failures.Count == 0, string.Join('\n', summary.Failures));
        Assert.Equal(CasesPerKind, summary.Cases);
        // Cases that are all used or all refused test less than they seem to.
        Assert.True(summary.Used > 0, "No case was used.");
        Assert.True(summary.Refused > 0 || kind == "request", "No case was refused.");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1024)]
    [InlineData(5)]
    public void An_access_past_the_end_ends_a_process_with_guard_pages(int floats)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var (exitCode, output) = Overrun(floats, "1");
        Assert.NotEqual(0, exitCode);
        Assert.StartsWith("True", output);
        Assert.Equal((0, "False"), Overrun(5, "0"));
    }

    private static (int ExitCode, string Output) Overrun(int floats, string guardPages)
    {
        using var process = Process.Start(s_supervisor.Child(["overrun", $"{floats}"], guardPages))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd().Trim();
        errors.Wait();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
